//! Where a post stands, by the name that people use, and who may answer there.

use crate::mention::Mention;
use crate::source::Kind;
use crate::text;
use url::Url;

/// How many characters of a place are shown.
const MOST: usize = 80;

/// Returns what people call the place: the network, else the host, else the source.
pub fn name(mention: &Mention) -> String {
    let network = match mention.kind {
        Kind::HackerNews => Some("Hacker News"),
        Kind::Bluesky => Some("Bluesky"),
        Kind::Reddit => Some("Reddit"),
        Kind::YouTube => Some("YouTube"),
        Kind::AppStore => Some("App Store"),
        Kind::Facebook => Some("Facebook"),
        Kind::Instagram => Some("Instagram"),
        Kind::X => Some("X"),
        Kind::GooglePlay => Some("Google Play"),
        Kind::Trustpilot => Some("Trustpilot"),
        Kind::GoogleBusiness => Some("Google"),
        Kind::Telegram => Some("Telegram"),
        Kind::Feed
        | Kind::Opml
        | Kind::Forum
        | Kind::Mastodon
        | Kind::Discourse
        | Kind::Lemmy
        | Kind::StackExchange
        | Kind::Json
        | Kind::Intake
        | Kind::PeerTube => None,
    };
    if let Some(network) = network {
        return network.to_owned();
    }
    let url = mention.post.url.as_deref().and_then(|url| Url::parse(url).ok());
    let host = url.as_ref().and_then(Url::host_str).map(|host| host.trim_start_matches("www."));
    text::cut(&text::visible(host.unwrap_or(&mention.source.0)), MOST)
}

/// Says who may answer there, for the agent.
pub fn who(mention: &Mention) -> &'static str {
    if mention.post.is_private {
        return "only the account that the message was sent to";
    }
    match mention.kind {
        Kind::Facebook => "the Page itself, through somebody who may manage its comments",
        Kind::Instagram => "the professional account itself, under the comment",
        Kind::GoogleBusiness => "an owner or manager of the Business Profile, once a review",
        Kind::GooglePlay => "whoever may reply to reviews in the Play Console, once a review",
        Kind::AppStore => "whoever may answer reviews in App Store Connect, once a review",
        Kind::Trustpilot => "the business account, once a review",
        Kind::YouTube => "any channel; your own under your videos",
        Kind::Telegram => "any member of the group, or the bot",
        Kind::Feed | Kind::Opml => {
            "whoever may comment there; where nobody may, write to the author or the editors"
        }
        Kind::Forum | Kind::Discourse | Kind::StackExchange | Kind::HackerNews | Kind::Lemmy => {
            "any account there; let its name or signature say that it is yours"
        }
        Kind::Reddit => "any account that the subreddit lets comment; say whom you work for",
        Kind::X => "your account, unless the author limits who may reply",
        Kind::Mastodon | Kind::Bluesky | Kind::PeerTube => {
            "your account there or on a server that theirs hears, unless the author limits replies"
        }
        Kind::Json | Kind::Intake => "whoever has an account there",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::sample::complaint;

    #[test]
    fn a_place_is_its_network_its_host_or_its_source() {
        let mut mention = complaint("Acme lies");
        assert_eq!(name(&mention), "forum.example");
        mention.post.url = None;
        assert_eq!(name(&mention), "forum");
        mention.kind = Kind::GooglePlay;
        assert_eq!(name(&mention), "Google Play");
    }

    #[test]
    fn who_may_answer_is_said_of_every_kind_and_of_messages() {
        for kind in Kind::ALL {
            let mut mention = complaint("Acme lies");
            mention.kind = kind;
            assert!(who(&mention).len() > 10, "{kind}");
            mention.post.is_private = true;
            assert!(who(&mention).contains("sent to"), "{kind}");
        }
    }
}
