//! Items in the shapes in which the API writes them.

use super::*;
use crate::source::testing::line;
use serde_json::json;

#[test]
fn a_post_tells_its_numbers_and_where_it_is() {
    let post = post(&json!({
        "id": "10_20", "message": "Where is my\u{202e} parcel?", "story": "Ada is at Acme",
        "created_time": "2026-11-20T18:45:03+0000", "updated_time": "2026-11-21T00:00:00+0000",
        "from": {"id": "77", "name": "Ada"}, "permalink_url": "/10/posts/20/", "parent_id": "5_6",
        "shares": {"count": 3}, "comments": {"data": [], "summary": {"total_count": 4}},
        "reactions": {"data": [], "summary": {"total_count": 9}}, "is_hidden": true
    }))
    .unwrap();
    assert_eq!(
        line(&post),
        "10_20 | text=Where is my parcel? | url=https://www.facebook.com/10/posts/20/ | name=Ada | \
         published=2026-11-20T18:45:03+00:00 | parent=5_6 | thread=10_20 | likes=9 | replies=4 | \
         shares=3"
    );
    assert!(post.has_own_url && post.concerns == Concerns::Desk && !post.is_private);
}

#[test]
fn what_has_no_words_is_described() {
    let text = |item: Value| post(&item).unwrap().text;
    let shown = |shown: Value| json!({"id": "1_2", "attachments": {"data": [shown]}});
    assert_eq!(text(shown(json!({"media_type": "photo", "type": "photo"}))), "[photo]");
    assert_eq!(
        text(shown(json!({"media_type": "link", "type": "share", "title": "Acme is down"}))),
        "[link] Acme is down"
    );
    assert_eq!(text(shown(json!({"media_type": 7}))), "[attachment]");
    assert_eq!(text(json!({"id": "1_2", "story": "Ada shared a memory."})), "Ada shared a memory.");
    assert_eq!(text(json!({"id": "1_2", "created_time": "2026-11-20T18:45:03+0000"})), "[post]");
    assert_eq!(post(&json!({"id": "1_2"})), None);
    assert_eq!(post(&json!({"message": "no id"})), None);
    let comment = |kind: &str| json!({"id": "2_3", "message": "", "attachment": {"type": kind}});
    let text = |kind: &str| super::comment(&comment(kind), None, "").unwrap().text;
    assert_eq!(
        ["sticker", "video_inline", "animated_image_share", "share", "photo"].map(text),
        ["[sticker]", "[video]", "[animation]", "[link]", "[photo]"]
    );
}

#[test]
fn a_comment_knows_what_it_answers() {
    let item = json!({
        "id": "20_31", "message": "Same here", "created_time": "2026-11-20T18:45:03+0000",
        "parent": {"id": "20_30"}, "like_count": 2, "comment_count": 1,
        "permalink_url": "https://www.facebook.com/10/posts/20/?comment_id=30&reply_comment_id=31"
    });
    let found = comment(&item, Some("10_20"), "10").unwrap();
    assert_eq!(
        line(&found),
        "20_31 | text=Same here | url=https://www.facebook.com/10/posts/20/?comment_id=30&\
         reply_comment_id=31 | published=2026-11-20T18:45:03+00:00 | parent=20_30 | thread=10_20 | \
         likes=2 | replies=1"
    );
    // By itself it says the same, by its Page or by its address.
    assert_eq!(comment(&item, None, "10").unwrap(), found);
    assert_eq!(comment(&item, None, "").unwrap(), found);
    // Where the id was not asked for, the address has it.
    let mut bare = item.clone();
    bare.as_object_mut().unwrap().retain(|name, _| name != "id" && name != "parent");
    assert_eq!(comment(&bare, None, "").unwrap(), found);
    // A comment on the post itself.
    let item = json!({"id": "20_30", "message": "Hello"});
    assert_eq!(comment(&item, Some("10_20"), "10").unwrap().parent.unwrap(), "10_20");
    assert_eq!(
        comment(&json!({"message": "Hello", "permalink_url": "javascript:1"}), None, ""),
        None
    );
}

#[test]
fn a_message_is_private_and_its_made_up_address_is_not_told() {
    let item = json!({
        "id": "m_1", "message": "Where is my order?", "created_time": "2026-11-20T18:45:03+0000",
        "from": {"id": "77", "name": "Ada", "email": "77@facebook.com"}, "to": {"data": []}
    });
    let link = link(&json!({"link": "/10/inbox/99/"}));
    let found = message(&item, Some("t_9"), link.as_deref(), FACEBOOK).unwrap();
    assert_eq!(
        line(&found),
        "m_1 | text=Where is my order? | url=https://www.facebook.com/10/inbox/99/ | name=Ada | \
         published=2026-11-20T18:45:03+00:00 | thread=t_9"
    );
    assert!(found.is_private && !found.has_own_url && found.concerns == Concerns::Desk);
    let item = json!({"id": "x", "message": "Hi", "from": {"id": "1", "username": "ada"}});
    let found = message(&item, None, None, INSTAGRAM).unwrap();
    assert_eq!(
        line(&found),
        "x | text=Hi | name=ada | handle=ada | at=https://www.instagram.com/ada/"
    );
    let sent = |item: Value| {
        let mut item = item;
        item["id"] = "m_1".into();
        item["created_time"] = "2026-11-20T18:45:03+0000".into();
        message(&item, None, None, FACEBOOK).unwrap().text
    };
    let file = |file: Value| sent(json!({"message": "", "attachments": {"data": [file]}}));
    assert_eq!(sent(json!({"sticker": "https://x/y.png"})), "[sticker]");
    assert_eq!(file(json!({"image_data": {"render_as_sticker": true}})), "[sticker]");
    assert_eq!(file(json!({"mime_type": "image/jpeg"})), "[photo]");
    assert_eq!(file(json!({"video_data": {}})), "[video]");
    assert_eq!(file(json!({"mime_type": "audio/mp4"})), "[voice message]");
    assert_eq!(
        file(json!({"mime_type": "application/pdf", "name": "bill.pdf"})),
        "[file] bill.pdf"
    );
    let shared = json!({"shares": {"data": [{"name": "Acme", "link": "https://acme.example/"}]}});
    assert_eq!(sent(shared), "[link] Acme https://acme.example/");
    assert_eq!(sent(json!({"story": {"mention": {}}})), "[story]");
    assert_eq!(sent(json!({})), "[message]");
}

#[test]
fn a_recommendation_has_stars() {
    let item = json!({
        "created_time": "2026-11-20T18:45:03+0000", "recommendation_type": "negative",
        "review_text": "Never again", "reviewer": {"id": "77", "name": "Ada"},
        "open_graph_story": {"id": "555"}
    });
    assert_eq!(
        line(&rating(&item, "10").unwrap()),
        "555 | text=Never again | url=https://www.facebook.com/10/reviews | name=Ada | \
         published=2026-11-20T18:45:03+00:00 | thread=10 | rating=1"
    );
    let item = json!({"recommendation_type": "positive", "reviewer": {"id": "77"}});
    let found = rating(&item, "").unwrap();
    assert_eq!(line(&found), "rating-77 | text=[recommends the Page] | rating=5");
    assert_eq!(rating(&json!({"rating": 4}), "").unwrap().rating, Some(4));
    assert_eq!(rating(&json!({"rating": 9, "reviewer": {}}), ""), None);
}
