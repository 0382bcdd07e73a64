//! What receipts do at a start.

use super::*;
use crate::delivery::Enclosed;
use crate::delivery::desk::Standing;
use crate::mention::TicketId;
use crate::store::sled::SledStore;
use tempfile::TempDir;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn notice(message_id: &str) -> Notice {
    Notice {
        id: NoticeId(0),
        alert: "care".into(),
        to: "care@acme.example".into(),
        subject: "s".into(),
        text: "t".into(),
        html: "h".into(),
        message_id: message_id.into(),
        created: at(0),
        progress: Progress::Queued,
        attempts: 0,
        next_attempt: at(0),
        last_answer: None,
        enclosed: Enclosed::default(),
    }
}

/// A state directory whose store has these notices queued.
fn place(message_ids: &[&str]) -> (TempDir, Handle, Vec<Notice>) {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
    let notices = message_ids.iter().map(|id| notice(id)).collect();
    store.apply(&Commit { notices, ..Commit::default() }).unwrap();
    let queued = store.outbox().unwrap();
    (folder, Handle::new(Arc::new(store)), queued)
}

async fn begin(folder: &TempDir, store: &Handle) -> Arc<Receipts> {
    Receipts::begin(folder.path(), store).await.unwrap()
}

fn queued(store: &Handle) -> Vec<String> {
    store.store().outbox().unwrap().into_iter().map(|notice| notice.message_id).collect()
}

fn taken(notice: &Notice) -> Notice {
    outbox::after_success(notice.clone(), "250 kept as 4711", at(5))
}

#[tokio::test]
async fn what_was_accepted_before_a_crash_is_not_sent_again() {
    let (folder, store, notices) = place(&["a", "b", "c"]);
    let receipts = begin(&folder, &store).await;
    receipts.note(&taken(&notices[0]), None);
    receipts.note(&taken(&notices[2]), None);
    // No word of the writer any more: killed.
    drop(receipts);
    assert!(folder.path().join(FILE).exists());

    begin(&folder, &store).await;
    assert_eq!(queued(&store), ["b"]);
    let mut ledger = Vec::new();
    store
        .store()
        .ledger(&mut |notice| {
            ledger.push((notice.message_id, notice.attempts, notice.last_answer));
            true
        })
        .unwrap();
    assert!(ledger.contains(&("a".into(), 1, Some("250 kept as 4711".into()))), "{ledger:?}");
    assert!(!folder.path().join(FILE).exists(), "and the file is gone");
}

#[tokio::test]
async fn another_store_with_the_same_numbers_takes_no_receipt_for_its_own() {
    let (folder, store, notices) = place(&["a", "b"]);
    let receipts = begin(&folder, &store).await;
    receipts.note(&taken(&notices[0]), None);
    let (_, other, anew) = place(&["c", "d"]);
    assert_eq!(anew[0].id, notices[0].id);
    begin(&folder, &other).await;
    assert_eq!(queued(&other), ["c", "d"]);
}

#[tokio::test]
async fn rubbish_and_a_torn_end_are_left_out() {
    let (folder, store, notices) = place(&["a", "b", "c"]);
    let path = folder.path().join(FILE);
    let receipts = begin(&folder, &store).await;
    receipts.note(&taken(&notices[0]), None);
    let first = std::fs::read(&path).unwrap();
    receipts.note(&taken(&notices[1]), None);
    let both = std::fs::read(&path).unwrap();
    let torn = &both[..both.len() - 9];
    let noise = [b"\xff\xfe{}\n\n[1]\n\0\0\0\n", first.as_slice(), &torn[first.len()..]].concat();
    std::fs::write(&path, noise).unwrap();
    begin(&folder, &store).await;
    assert_eq!(queued(&store), ["b", "c"]);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_line_cut_short_by_a_full_disk_spoils_no_other() {
    let (folder, store, notices) = place(&["a", "b"]);
    std::fs::write(folder.path().join(FILE), b"").unwrap();
    let receipts = begin(&folder, &store).await;
    std::fs::write(folder.path().join(FILE), b"\n{\"notice\":1,\"mess").unwrap();
    receipts.note(&taken(&notices[1]), None);
    begin(&folder, &store).await;
    assert_eq!(queued(&store), ["a"]);
}

#[tokio::test]
async fn a_ticket_that_was_opened_elsewhere_is_remembered_with_it() {
    let (folder, store, notices) = place(&["a"]);
    let receipts = begin(&folder, &store).await;
    let mut there = Counterpart::new(7, "zammad");
    (there.id, there.opened) = (Some("81".into()), Some(at(5)));
    receipts.note(&taken(&notices[0]), Some(&there));
    begin(&folder, &store).await;
    assert_eq!(queued(&store).len(), 0);
    let known = store.store().counterparts_of(TicketId(7)).unwrap();
    assert_eq!((known.len(), known[0].id.as_deref()), (1, Some("81")));
    assert_eq!(known[0].standing, Standing::Open);
}

#[tokio::test]
async fn the_file_goes_when_it_is_long_and_the_ledger_knows_all_of_it_or_at_the_end() {
    let (folder, store, notices) = place(&["a"]);
    let path = folder.path().join(FILE);
    let receipts = begin(&folder, &store).await;
    assert!(!path.exists());
    let long = Notice { last_answer: Some("x".repeat(500)), ..taken(&notices[0]) };
    let mut longest = 0;
    for _ in 0..400 {
        receipts.note(&long, None);
        receipts.settle();
        longest = longest.max(std::fs::metadata(&path).map_or(0, |file| file.len()));
    }
    assert!((LONG / 2..LONG).contains(&longest), "{longest}");
    receipts.note(&long, None);
    receipts.end();
    assert!(path.exists(), "the ledger does not know of one");
    receipts.settle();
    receipts.end();
    assert!(!path.exists());
}
