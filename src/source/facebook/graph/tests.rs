//! What errors mean, where lists go on, and that no token is ever shown.

use super::*;
use crate::source::site::Told;
use crate::source::testing::visit;

fn graph(told: &[(&str, Told)]) -> Result<Graph, Wrong> {
    let told = told.iter().map(|(key, told)| ((*key).to_owned(), told.clone())).collect();
    Graph::new(&Given { url: None, told }, Url::parse("https://graph.example").unwrap())
}

fn fault(json: &str) -> Fault {
    let known = [("token", Told::Secret("s3cr3t".into()))];
    graph(&known).unwrap().fault(&json::parse(json, 1000).unwrap()).unwrap()
}

fn coded(code: i64, subcode: Option<i64>, message: &str) -> Fault {
    let subcode = subcode.map(|code| format!(r#","error_subcode":{code}"#)).unwrap_or_default();
    fault(&format!(r#"{{"error":{{"message":"{message}","code":{code}{subcode}}}}}"#))
}

#[test]
fn the_token_is_proved_and_a_position_carries_no_token() {
    let known =
        [("token", Told::Secret("token".into())), ("app_secret", Told::Secret("secret".into()))];
    let graph = graph(&known).unwrap();
    let request = graph.ask("1/feed", &[("limit", "5")], Some("after=a%3D&access_token=x"));
    let url = format!("{:?}", request.location);
    assert!(!url.contains("access_token") && !format!("{request:?}").contains("x\""), "{url}");
    let Location::Web(url) = &request.location else { panic!() };
    assert_eq!(url.as_str(), "https://graph.example/v26.0/1/feed?limit=5&after=a%3D");
    let (name, proof) = &request.access.query[0];
    assert_eq!(name, "appsecret_proof");
    // HMAC-SHA256 with the key `secret` over `token`.
    assert_eq!(proof.expose(), "e941110e3d2bfe82621f0e3e1434730d7305d106c5f68c87165d0b27a4611a4a");
    let half = smaller(&request).unwrap();
    let Location::Web(url) = &half.location else { panic!() };
    assert_eq!(url.as_str(), "https://graph.example/v26.0/1/feed?limit=2&after=a%3D");
    assert!(smaller(&smaller(&half).unwrap()).is_none());
}

#[test]
fn a_version_is_a_version() {
    let told = |version: &str| graph(&[("version", Told::Text(version.into()))]);
    assert_eq!(told("v25.0").unwrap().version, "v25.0");
    for odd in ["26", "26.0", "vx.y", "v1.0/../..", ""] {
        assert_eq!(told(odd).unwrap_err().key, "version", "{odd}");
    }
}

#[test]
fn a_list_goes_on_where_it_says_and_never_in_a_circle() {
    let at = |json: &str, known| behind(&json::parse(json, 1000).unwrap(), known);
    let page = r#"{"paging":{"cursors":{"after":"b"},"next":"https://x/?access_token=t&after=b"}}"#;
    assert_eq!(at(page, None).unwrap(), "after=b");
    assert_eq!(at(page, Some("after=b")), None, "the same again");
    assert_eq!(at(r#"{"paging":{"cursors":{"after":"b"}}}"#, None), None, "the last page");
    let by_time = r#"{"paging":{"next":
        "https://x/?access_token=t&until=16&since&__paging_token=p&fields=id"}}"#;
    assert_eq!(at(by_time, None).unwrap(), "until=16&__paging_token=p");
    let long =
        format!(r#"{{"paging":{{"cursors":{{"after":"{}"}},"next":"x"}}}}"#, "a".repeat(600));
    assert_eq!(at(&long, None), None);
    assert_eq!(at(r#"{"paging":{"next":7,"cursors":[]}}"#, None), None);
}

#[test]
fn every_error_means_something() {
    use Meaning::*;
    let reduce = "Please reduce the amount of data you're asking for, then retry";
    for (code, subcode, message, meaning) in [
        (1, None, "An unknown error occurred", Later),
        (1, None, reduce, Less),
        (2, None, "Service temporarily unavailable", Later),
        (4, None, "(#4) Application request limit reached", Limit),
        (17, None, "", Limit),
        (32, None, "", Limit),
        (613, None, "", Limit),
        (80_001, None, "", Limit),
        (80_006, None, "", Limit),
        (10, None, "", Permission),
        (200, None, "", Permission),
        (299, None, "", Permission),
        (100, Some(33), "", Gone),
        (100, None, "(#100) Tried accessing nonexisting field", Parameter),
        (100, None, "API calls from the server require an appsecret_proof argument", Proof),
        (102, None, "", Token),
        (190, Some(463), "", Token),
        (368, None, "", Blocked),
        (803, None, "", Unknown),
        (9999, None, "", Other),
    ] {
        assert_eq!(coded(code, subcode, message).meaning(), meaning, "{code} {message}");
    }
    let passing = fault(r#"{"error":{"message":"?","code":77,"is_transient":true}}"#);
    assert_eq!(passing.meaning(), Later);
}

#[test]
fn a_limit_is_waited_for_and_a_token_is_asked_for() {
    let visit = visit("");
    let refusal = Refusal { status: 400, reply: None };
    let verdict = |fault: Fault| fault.verdict(&refusal, &visit);
    let hours = |hours| visit.now + Duration::hours(hours);
    assert!(matches!(verdict(coded(4, None, "")), Some(Verdict::Wait(at, _)) if at == hours(1)));
    assert!(matches!(verdict(coded(368, None, "")), Some(Verdict::Wait(at, _)) if at == hours(24)));
    let soon = visit.now + Duration::minutes(5);
    assert!(matches!(verdict(coded(2, None, "")), Some(Verdict::Wait(at, _)) if at == soon));
    let mut reply = Reply::of(Location::File("x".into()), Vec::new());
    reply.wait = Some(std::time::Duration::from_mins(7));
    let told = Refusal { status: 403, reply: Some(&reply) };
    let minutes = visit.now + Duration::minutes(7);
    let verdict_told = coded(80_001, None, "").verdict(&told, &visit);
    assert!(matches!(verdict_told, Some(Verdict::Wait(at, _)) if at == minutes));
    for (subcode, why) in [(458, "removed"), (460, "password"), (463, "expired"), (467, "revoked")]
    {
        let Some(Verdict::Stop(said)) = verdict(coded(190, Some(subcode), "Session")) else {
            panic!("{subcode}")
        };
        assert!(said.contains(why) && said.contains("`token`"), "{said}");
    }
    assert!(matches!(verdict(coded(100, None, "no app secret proof")), Some(Verdict::Stop(said))
        if said.contains("`app_secret`")));
    assert_eq!(verdict(coded(100, Some(33), "")), None);
}

#[test]
fn no_error_shows_a_token() {
    let long = "EAABsbCS1iHgBAKZB0gZCqZBt3ZAexampleexample";
    for token in ["s3cr3t", long] {
        let fault = coded(190, None, &format!("Malformed access token {token}"));
        assert!(!fault.told().contains(token), "{}", fault.told());
    }
    let fault = coded(803, None, "Some of the aliases do not exist: 19292868552_10158347294088553");
    assert!(fault.told().contains("19292868552_10158347294088553"), "{}", fault.told());
}

#[test]
fn an_id_that_leads_elsewhere_is_none() {
    assert!(is_id("19292868552_10158347294088553") && is_id("t_10") && is_id("aWdfZAG06MQZDZD="));
    for odd in ["", "../me", "1/2", "a?b", "{token}", "1 2", &"1".repeat(301)] {
        assert!(!is_id(odd), "{odd}");
    }
}
