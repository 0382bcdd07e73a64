//! What people marked, as every store keeps it.

use super::{at, check};
use vahti::brand::BrandName;
use vahti::mention::marking::{Marking, MarkingId, Undone};
use vahti::mention::{Mark, MentionId};
use vahti::store::{Commit, Store, Teaching};

fn marking(mention: &str, mark: Mark) -> Marking {
    Marking {
        id: MarkingId(0),
        mention: MentionId(mention.into()),
        brand: BrandName("Acme".into()),
        mark,
        at: at(1),
        by: "maija".into(),
        undone: None,
    }
}

fn keep(store: &dyn Store, markings: &[Marking]) {
    let commit = Commit { markings: markings.to_vec(), taught: Some(at(7)), ..Commit::default() };
    store.apply(&commit).unwrap();
}

#[test]
fn markings_are_numbered_from_one_and_read_back_as_they_were() {
    check(|store| {
        assert_eq!(store.markings().unwrap(), []);
        keep(store, &[marking("m2", Mark::Noise), marking("m1", Mark::Positive)]);
        keep(store, &[marking("m2", Mark::Negative)]);
        let known = store.markings().unwrap();
        let ids: Vec<u64> = known.iter().map(|known| known.id.0).collect();
        assert_eq!(ids, [1, 2, 3]);
        assert_eq!(known[1], Marking { id: MarkingId(2), ..marking("m1", Mark::Positive) });
    });
}

#[test]
fn an_undone_marking_keeps_its_number() {
    check(|store| {
        keep(store, &[marking("m1", Mark::Noise), marking("m2", Mark::Noise)]);
        let back = vec![MentionId("m3".into())];
        let undone = Some(Undone { at: at(9), by: "otso".into(), brought_back: back });
        let first = Marking { undone, ..store.markings().unwrap()[0].clone() };
        keep(store, std::slice::from_ref(&first));
        let known = store.markings().unwrap();
        assert_eq!((known.len(), &known[0]), (2, &first));
    });
}

#[test]
fn how_far_people_taught_rises_with_what_teaches_alone() {
    check(|store| {
        assert_eq!(store.teaching().unwrap(), Teaching::default());
        store.apply(&Commit::default()).unwrap();
        assert_eq!(store.teaching().unwrap(), Teaching::default());
        keep(store, &[]);
        keep(store, &[marking("m1", Mark::Noise)]);
        assert_eq!(store.teaching().unwrap(), Teaching { times: 2, last: Some(at(7)) });
    });
}
