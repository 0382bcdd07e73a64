//! PeerTube, as the search of a server answers.

use crate::support::Answer;
use crate::support::standin::{Asked, HEAD, StandIn, cut_everywhere, json};
use serde_json::json as value;

/// Videos that name the brand, a minute apart.
const VIDEOS: usize = 130;

/// Answers as the search does: newest first, from `start` on, what is newer than `startDate`.
fn play(asked: &Asked) -> Answer {
    let (Ok(start), Ok(count)) = (asked.get("start").parse::<usize>(), asked.get("count").parse())
    else {
        return json(400, r#"{"status":400,"detail":"Incorrect request parameters: start"}"#);
    };
    let since: chrono::DateTime<chrono::Utc> = asked.get("startDate").parse().unwrap();
    let now = chrono::Utc::now().timestamp() / 3600 * 3600;
    let is_wanted = asked.path == "/api/v1/search/videos" && asked.get("search") == "Acme";
    let videos: Vec<_> = (0..VIDEOS)
        .map(|number| (number, now - i64::try_from(number).unwrap() * 60))
        .filter(|(_, at)| is_wanted && *at >= since.timestamp())
        .map(|(number, at)| {
            let at = chrono::DateTime::from_timestamp(at, 0).unwrap().to_rfc3339();
            value!({"uuid": number.to_string(), "name": format!("Acme {number}"), "publishedAt": at})
        })
        .collect();
    let page: Vec<_> = videos.iter().skip(start).take(count).collect();
    json(200, value!({"total": videos.len(), "data": page}).to_string())
}

#[test]
fn a_poll_cut_off_anywhere_loses_nothing() {
    let config = |site: &StandIn| {
        format!("{HEAD}[[source]]\nname = \"tube\"\npeertube.url = \"{}\"\n", site.url())
    };
    let (mentions, _) = cut_everywhere(|| StandIn::start(play), config);
    assert_eq!(mentions.len(), VIDEOS);
}
