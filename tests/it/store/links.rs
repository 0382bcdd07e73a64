//! Handles that are linked: one customer, until somebody parts them.

use super::{at, by, check, mentions, ticket};
use vahti::mention::{Mention, TicketId};
use vahti::store::Commit;
use vahti::ticket::Ticket;
use vahti::ticket::people::{Link, Parted};

#[test]
fn linked_handles_have_their_tickets_together_until_they_are_parted() {
    check(|store| {
        let all: Vec<Mention> = (1..=3).map(by).collect();
        let tickets: Vec<Ticket> = (1..).zip(&all).map(|(id, of)| ticket(id, of)).collect();
        let key = |nth: usize| tickets[nth - 1].facts().customer.clone().unwrap();
        let (one, other) = (key(1), key(2));
        store.apply(&Commit { tickets: tickets.clone(), ..mentions(&all) }).unwrap();
        let link = Link { id: 0, one, other, by: "maija".into(), at: at(1), parted: None };
        store.apply(&Commit { links: vec![link.clone()], ..Commit::default() }).unwrap();
        let stored = Link { id: 1, ..link.clone() };
        assert_eq!(store.links().unwrap(), std::slice::from_ref(&stored));
        for nth in [1, 2] {
            assert_eq!(store.links_of(&key(nth)).unwrap(), std::slice::from_ref(&stored));
            assert_eq!(store.tickets_of(&key(nth)).unwrap(), [1, 2, 3].map(TicketId));
        }
        let parted = Link { parted: Some(Parted { by: "matti".into(), at: at(2) }), ..stored };
        store.apply(&Commit { links: vec![parted.clone(), link], ..Commit::default() }).unwrap();
        assert_eq!(store.links().unwrap()[0], parted);
        assert_eq!(store.links().unwrap()[1].id, 2, "a new one is another");
        assert_eq!(store.tickets_of(&key(2)).unwrap().len(), 3);
        let again = store.links().unwrap().remove(1);
        let parted = Link { parted: parted.parted, ..again };
        store.apply(&Commit { links: vec![parted], ..Commit::default() }).unwrap();
        assert_eq!(store.tickets_of(&key(2)).unwrap(), [TicketId(2)]);
        assert_eq!(store.links_of("nobody").unwrap(), []);
    });
}
