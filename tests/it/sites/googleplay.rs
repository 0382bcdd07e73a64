//! Google Play, as its API answers, and Google's servers that give tokens to service accounts.

use super::kept::{keeps, sample_is_fine};
use crate::support::standin::{Asked, HEAD, StandIn, cut_everywhere, json, stored};
use crate::support::{Answer, World};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rsa::KeyPair;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json as value};
use std::sync::Mutex;

/// A key made for tests: it opens nothing.
const KEY: &str = include_str!("../../replies/googleplay/test-key.pem");
const EMAIL: &str = "vahti@acme.example";

/// Reviews of the last week.
const REVIEWS: i64 = 130;

/// Requests for which a token of the stand-in is good.
const LIFE: usize = 1;

/// Tokens that were given, and for how many requests the last is still good.
#[derive(Default)]
struct Store {
    given: usize,
    left: usize,
}

fn store() -> StandIn {
    let store = Mutex::new(Store::default());
    StandIn::start(move |asked| store.lock().unwrap().play(asked))
}

impl Store {
    fn play(&mut self, asked: &Asked) -> Answer {
        if asked.path == "/token" {
            return self.token(asked);
        }
        let fault = |code: u16, status: &str, reason: &str| {
            let errors = value!([{"message": status, "domain": "global", "reason": reason}]);
            let error = value!({"code": code, "message": "The store says no", "status": status,
                                "errors": errors});
            json(code, value!({"error": error}).to_string())
        };
        if asked.header("authorization") != format!("Bearer tok-{}-given", self.given)
            || self.left == 0
        {
            return fault(401, "UNAUTHENTICATED", "authError");
        }
        self.left -= 1;
        if asked.path != "/androidpublisher/v3/applications/com.acme.app/reviews" {
            return fault(403, "PERMISSION_DENIED", "permissionDenied");
        }
        let size: usize = asked.get("maxResults").parse().unwrap();
        let begin: usize =
            asked.get("token").strip_prefix("at-").map_or(0, |at| at.parse().unwrap());
        json(200, page(begin, size).to_string())
    }

    /// Gives a token for a claim that is signed as it has to be.
    fn token(&mut self, asked: &Asked) -> Answer {
        let bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        assert_eq!(asked.form("grant_type"), bearer);
        let url = format!("http://{}/token", asked.header("host"));
        if let Err(why) = verified(&asked.form("assertion"), &url) {
            let said = value!({"error": "invalid_grant", "error_description": why});
            return json(400, said.to_string());
        }
        self.given += 1;
        self.left = LIFE;
        let token = format!("tok-{}-given", self.given);
        let given = value!({"access_token": token, "expires_in": 3599, "token_type": "Bearer"});
        json(200, given.to_string())
    }
}

/// Says what is wrong with a claim.
fn verified(assertion: &str, url: &str) -> Result<(), String> {
    let parts: Vec<&str> = assertion.split('.').collect();
    let [head, claims, signature] = parts.as_slice() else { return Err("no JWT".into()) };
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
    let read = |part: &str| serde_json::from_slice::<Value>(&decoded(part)).unwrap();
    let (head_read, claims_read) = (read(head), read(claims));
    assert_eq!(head_read["alg"], "RS256");
    assert_eq!(claims_read["aud"], url);
    assert_eq!(claims_read["scope"], "https://www.googleapis.com/auth/androidpublisher");
    let (begun, ends) =
        (claims_read["iat"].as_i64().unwrap(), claims_read["exp"].as_i64().unwrap());
    assert!(begun < ends && ends - begun <= 3600 && (begun - now()).abs() < 60, "{claims_read}");
    let body: String = KEY.lines().filter(|line| !line.starts_with("-----")).collect();
    let pair = KeyPair::from_pkcs8(&STANDARD.decode(body).unwrap()).unwrap();
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public().as_ref());
    let signed = format!("{head}.{claims}");
    key.verify(signed.as_bytes(), &decoded(signature)).map_err(|_| "Invalid JWT Signature.")?;
    if claims_read["iss"] != EMAIL {
        return Err("Invalid grant: account not found".into());
    }
    Ok(())
}

fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

/// Returns a page of reviews, newest first; without any, there is no list.
fn page(begin: usize, size: usize) -> Value {
    // Half an hour apart, so that they are the same in every poll of a test.
    let newest = now() / 3600 * 3600;
    let reviews: Vec<Value> = (0..REVIEWS)
        .skip(begin)
        .take(size)
        .map(|nth| {
            let at = newest - nth * 1800;
            let user = value!({"userComment": {"text": format!("\tIt fails, nr {nth}"),
                "lastModified": {"seconds": at.to_string(), "nanos": 0}, "starRating": nth % 5 + 1,
                "reviewerLanguage": "en_US"}});
            let developer = value!({"developerComment": {"text": "We are sorry",
                "lastModified": {"seconds": (at + 60).to_string()}}});
            let comments = if nth % 2 == 0 { value!([developer, user]) } else { value!([user]) };
            value!({"reviewId": format!("gp:{nth}"), "authorName": "Ada", "comments": comments})
        })
        .collect();
    let end = begin + reviews.len();
    let mut page = value!({});
    if !reviews.is_empty() {
        page["reviews"] = Value::from(reviews);
    }
    if end < usize::try_from(REVIEWS).unwrap() {
        page["tokenPagination"] = value!({"nextPageToken": format!("at-{end}")});
    }
    page
}

fn key_file(url: &str, email: &str) -> String {
    value!({"type": "service_account", "project_id": "acme", "client_email": email,
            "private_key": KEY, "token_uri": format!("{url}/token")})
    .to_string()
}

fn config(site: &StandIn) -> String {
    with(site, EMAIL, "com.acme.app")
}

fn with(site: &StandIn, email: &str, package: &str) -> String {
    format!(
        "{HEAD}[[source]]\nname = \"play\"\ngoogleplay.url = \"{}\"\ngoogleplay.package = \
         \"{package}\"\ngoogleplay.service_account = '{}'\n",
        site.url(),
        key_file(site.url(), email)
    )
}

#[test]
fn a_poll_cut_off_anywhere_loses_nothing() {
    let (mentions, tickets) = cut_everywhere(store, config);
    // None names the brand, and each concerns it.
    assert_eq!(mentions.len(), usize::try_from(REVIEWS).unwrap());
    assert!(tickets > 0, "one star is a complaint");
}

#[test]
fn a_token_that_ended_is_asked_for_anew_and_what_was_read_is_not() {
    let site = store();
    let world = World::new(&config(&site));
    world.vahti("poll").ok();
    let asked = || {
        let seen = site.seen();
        let of = |asked: &Asked| match asked.path.as_str() {
            "/token" => "token".to_owned(),
            _ => format!("page {}", asked.get("token")),
        };
        seen.iter().map(of).collect::<Vec<_>>()
    };
    // The second page is refused with the old token, and asked for again with a new one.
    let first = ["token", "page ", "page at-100", "token", "page at-100"];
    assert_eq!(asked(), first);
    world.vahti("poll").ok();
    assert_eq!(asked().split_off(first.len()), ["token", "page "]);
    let mentions = world.vahti("mentions --limit 1 --format json").json();
    let mention = &mentions[0];
    assert_eq!(mention["language"], "en", "{mention}");
    assert_eq!(mention["thread"], "com.acme.app", "{mention}");
    assert!((1..=5).contains(&mention["rating"].as_u64().unwrap()), "{mention}");
}

#[test]
fn an_unknown_account_or_app_is_told_and_no_secret_is_shown() {
    let site = store();
    let world = World::new(&with(&site, "nobody@acme.example", "com.acme.app"));
    let ran = world.vahti("check --probe");
    let said = format!("{}{}", ran.out, ran.err);
    assert!(said.contains("Invalid grant: account not found"), "{said}");
    let world = World::new(&with(&site, EMAIL, "com.acme.other"));
    let ran = world.vahti("check --probe");
    let said = format!("{}{}", ran.out, ran.err);
    assert!(said.contains("The store says no: invite the service account"), "{said}");
    let world = World::new(&config(&site));
    let key = KEY.lines().nth(1).unwrap();
    keeps(&world, &[key, "tok-", "eyJ"]);
    assert_eq!(stored(&world).0.len(), usize::try_from(REVIEWS).unwrap());
}

#[test]
fn the_sample_is_fine() {
    let file = key_file("https://oauth2.googleapis.com", EMAIL);
    sample_is_fine("googleplay", &[], &[("play-account.json", &file)]);
}
