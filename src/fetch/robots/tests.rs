//! What files say, and what hostile ones cannot do.

use super::*;
use proptest::prelude::*;

const TOKEN: &str = "vahti";

fn rules(text: impl AsRef<[u8]>) -> Rules {
    Rules::parse(text.as_ref(), TOKEN)
}

fn allows(rules: &Rules, path: &str) -> bool {
    rules.allow(&Url::parse(&format!("https://example.org{path}")).unwrap())
}

/// What `text` says to us of these addresses.
#[track_caller]
fn check(text: impl AsRef<[u8]>, allowed: &[&str], forbidden: &[&str]) {
    let rules = rules(text);
    for path in allowed {
        assert!(allows(&rules, path), "{path} is allowed by {rules:?}");
    }
    for path in forbidden {
        assert!(!allows(&rules, path), "{path} is forbidden by {rules:?}");
    }
}

/// What a file for everybody with these rules says.
#[track_caller]
fn everybody(text: &str, allowed: &[&str], forbidden: &[&str]) {
    check(format!("User-agent: *\n{text}"), allowed, forbidden);
}

#[test]
fn the_groups_that_name_us_hold_and_those_for_everybody_only_where_there_are_none() {
    let all = "User-agent: *\nDisallow: /all\n";
    let own = "User-agent: vahti\nDisallow: /own\n";
    check(all, &["/", "/own"], &["/all"]);
    check(format!("{all}{own}"), &["/all"], &["/own"]);
    check(format!("{own}{all}"), &["/all"], &["/own"]);
    // Both of ours are one group, and so are both of everybody's.
    check(format!("{own}{all}User-agent: VAHTI\nDisallow: /more\n"), &[], &["/own", "/more"]);
    check(format!("{all}User-agent: *\nDisallow: /more"), &[], &["/all", "/more"]);
    // A group of ours without a rule is one that forbids nothing.
    check(format!("{all}User-agent: vahti\nUser-agent: b\nDisallow:\n"), &["/all"], &[]);
    check(format!("{all}User-agent: vahti"), &["/all"], &[]);
    check("User-agent: other\nDisallow: /", &["/"], &[]);
}

#[test]
fn a_name_is_ours_whatever_its_case_and_version_and_not_if_it_is_longer() {
    for name in
        ["vahti", "Vahti", "VAHTI/1.0", "vahti 1.0", "vahti/* (+https://a.example)", "vahti*"]
    {
        check(format!("user-AGENT : {name}\nDISALLOW: /x"), &[], &["/x"]);
    }
    for name in ["vahtikoira", "vahti-news", "vahti_2", "the vahti", "vaht", "", "*vahti", "**"] {
        check(format!("User-agent: {name}\nDisallow: /x"), &["/x"], &[]);
    }
    check("User-agent: * # everybody\nDisallow: /x", &[], &["/x"]);
    check("User-agent: * and all\nDisallow: /x", &[], &["/x"]);
}

#[test]
fn names_one_after_the_other_share_the_rules_that_follow() {
    let text = "User-agent: a\n\nUser-agent: vahti\nSitemap: /map\nnonsense\nUser-agent: b\n\
                Disallow: /x\nUser-agent: c\nDisallow: /y";
    check(text, &["/y"], &["/x"]);
    check("Disallow: /x\nUser-agent: vahti\nDisallow: /y", &["/x"], &["/y"]);
}

#[test]
fn the_longest_rule_that_fits_decides_and_of_equals_the_one_that_allows() {
    everybody(
        "Disallow: /a\nAllow: /a/b\nDisallow: /a/b/c",
        &["/", "/a/b", "/a/b/d"],
        &["/a", "/a/x", "/a/b/c"],
    );
    everybody("Allow: /a/b\nDisallow: /a", &["/a/b"], &["/a"]);
    everybody("Disallow: /page\nAllow: /page", &["/page"], &[]);
    everybody("Allow: /page\nDisallow: /*.html", &["/page"], &["/page.html"]);
    // The examples of RFC 9309, 5.2 and of those who wrote it.
    everybody(
        "Allow: /example/page/\nDisallow: /example/page/disallowed.gif",
        &["/example/page/", "/example/page/a.gif"],
        &["/example/page/disallowed.gif"],
    );
    everybody("Allow: /$\nDisallow: /", &["/"], &["/page.html", "/?q"]);
}

#[test]
fn a_rule_fits_from_the_beginning_with_its_case_and_with_the_query() {
    everybody(
        "Disallow: /fish",
        &["/Fish", "/catfish", "/a/fish", "/?/fish"],
        &["/fish", "/fish.html", "/fishes/", "/fish?id=1"],
    );
    everybody("Disallow: /fish/", &["/fish", "/fish.html"], &["/fish/", "/fish/a"]);
    everybody("Disallow: /s?q=", &["/s", "/s?p=1&q=1"], &["/s?q=1"]);
    everybody("Disallow: /a", &["/robots.txt"], &["/a#x"]);
    everybody("Disallow: /", &["/robots.txt"], &["/", "/x", "/robots.txt.old"]);
}

#[test]
fn what_is_no_path_is_no_rule() {
    for rule in [
        "Disallow:",
        "Disallow: ",
        "Disallow: # all",
        "Disallow",
        "Disallow /",
        "Disallow: page",
        "Disalow: /",
        ": /",
        "Disallow: https://example.org/",
    ] {
        everybody(rule, &["/", "/page"], &[]);
    }
    everybody("Disallow: /\nAllow:", &[], &["/"]);
}

#[test]
fn a_star_stands_for_anything_and_a_dollar_for_the_end() {
    everybody(
        "Disallow: /*.php",
        &["/", "/a.PHP", "/php"],
        &["/.php", "/a.php", "/a/b.php?x", "/a.phpx"],
    );
    everybody(
        "Disallow: /*.php$",
        &["/a.php?x", "/a.phpx", "/a.php/"],
        &["/a.php", "/a.php.php", "/x?.php"],
    );
    everybody("Disallow: /fish*.php", &["/Fish.php"], &["/fish.php", "/fishheads/a.php?x"]);
    everybody("Disallow: *", &["/robots.txt"], &["/", "/x"]);
    everybody("Disallow: *.gif$", &["/a.gifs"], &["/a.gif"]);
    everybody("Disallow: /a*", &["/b"], &["/a", "/ab"]);
    everybody("Disallow: /a*$", &["/b"], &["/a", "/ab"]);
    everybody("Disallow: /a*b*c$", &["/ab", "/acb", "/abcd"], &["/abc", "/axbxc", "/abcbc"]);
    everybody("Disallow: /**x", &["/"], &["/x", "/ax"]);
    // One stretch of text cannot stand for two pieces.
    everybody("Disallow: /ab*b$", &["/ab"], &["/abb"]);
    everybody("Disallow: /a$b", &["/a", "/a$c"], &["/a$b"]);
    everybody("Disallow: /$", &["/a"], &["/"]);
    everybody("Disallow: /a%24", &["/a"], &["/a$", "/a$b"]);
    everybody("Disallow: /a%2A$", &["/ab", "/a*b"], &["/a*", "/a%2a"]);
}

#[test]
fn addresses_are_compared_however_they_are_spelled() {
    let same = ["/b%C3%A4r", "/b%c3%a4r", "/bär", "/%62%C3%A4%72"];
    for rule in same {
        everybody(&format!("Disallow: {rule}"), &["/bar", "/b"], &same);
    }
    everybody("Disallow: /a%2Fb", &["/a/b"], &["/a%2Fb", "/a%2fb"]);
    everybody("Disallow: /a/b", &["/a%2Fb"], &["/a/b"]);
    everybody("Disallow: /~me", &[], &["/%7Eme", "/%7eme", "/~me"]);
    everybody("Disallow: /a b", &[], &["/a%20b"]);
    everybody("Disallow: /a|b", &[], &["/a|b", "/a%7Cb"]);
    everybody("Disallow: /100%", &["/100"], &["/100%", "/100%25"]);
    everybody("Disallow: /x%zz", &["/x"], &["/x%zz"]);
    let latin = b"User-agent: *\nDisallow: /b\xe4r";
    check(latin, &["/b\u{e4}r"], &["/b%E4r"]);
}

#[test]
fn lines_end_in_every_way_and_a_mark_at_the_beginning_is_none() {
    for end in ["\n", "\r", "\r\n", "\n\n", "  \t\r\n"] {
        let text = ["User-agent: *", "Disallow: /a", "Allow: /a/b"].join(end);
        check(format!("\u{feff}{text}"), &["/a/b", "/b"], &["/a"]);
    }
}

#[test]
fn what_is_no_robots_txt_forbids_nothing() {
    let quoted = "\n User-agent: *\nDisallow: /";
    for text in [
        "",
        "\u{feff}",
        "\0\0",
        "{\"error\": 404}",
        "not found",
        &format!("<!DOCTYPE html><pre>{quoted}"),
        &format!(" \n<html>{quoted}"),
        &format!("\u{feff}<p>{quoted}"),
    ] {
        check(text, &["/", "/x"], &[]);
        assert_eq!(rules(text), Rules::default(), "{text}");
    }
}

#[test]
fn only_the_first_500_kib_are_read_and_no_line_in_part() {
    let head = "User-agent: *\nDisallow: /a\n";
    let line = "Disallow: /private\n";
    for missing in 0..=line.len() {
        let filled = format!("{head}{}\n", "#".repeat(MOST_BYTES - head.len() - 1 - missing));
        check(format!("{filled}{line}Disallow: /late\n"), &["/", "/p", "/late"], &["/a"]);
    }
    let just_read =
        format!("{head}{}\n{line}#", "#".repeat(MOST_BYTES - head.len() - 2 - line.len()));
    assert_eq!(just_read.len(), MOST_BYTES);
    check(just_read, &[], &["/a", "/private"]);
    check("a".repeat(MOST_BYTES * 2), &["/"], &[]);
}

#[test]
fn a_delay_is_that_of_the_group_that_holds() {
    let delay = |text: &str| rules(text).delay().map(|delay| delay.as_secs_f64());
    let all = "User-agent: *\nCrawl-delay: 10\n";
    let own = "User-agent: vahti\nCrawl-delay: 2.5\n";
    assert_eq!(delay(all), Some(10.0));
    assert_eq!(delay(&format!("{all}Disallow: /\n{own}")), Some(2.5));
    assert_eq!(delay("User-agent: vahti\nDisallow: /\nUser-agent: *\nCrawl-delay: 9"), None);
    assert_eq!(delay(&format!("{own}Allow: /\n{own}Crawl-delay: 7")), Some(7.0), "the longest");
    // It ends no list of names, and is none of the names behind it.
    assert_eq!(delay("User-agent: a\nCrawl-delay: 10\nUser-agent: vahti\nDisallow: /x"), None);
    let shared = "User-agent: vahti\nCrawl-delay: 3\nUser-agent: a\nDisallow: /x";
    assert_eq!(delay(shared), Some(3.0));
    check(shared, &[], &["/x"]);
    for (text, seconds) in [
        ("0.25", Some(0.25)),
        ("300", Some(300.0)),
        ("301", Some(300.0)),
        ("1e300", Some(300.0)),
        ("inf", Some(300.0)),
        ("0", None),
        ("-1", None),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("5s", None),
    ] {
        assert_eq!(delay(&format!("User-agent: *\nCrawl-delay: {text}")), seconds, "{text}");
    }
}

#[test]
fn a_hostile_file_costs_little_time() {
    let line = format!("Disallow: /*{}b*{}b$\n", "a".repeat(900), "a".repeat(900));
    let most = MOST_BYTES / line.len();
    let many = "Disallow: *a*a*a\n".repeat(MOST_BYTES / 17 - 1);
    let path = format!("/{}", "a".repeat(60_000));
    let began = std::time::Instant::now();
    everybody(&line.repeat(most), &[&path], &[]);
    everybody(&many, &[], &[&path]);
    // Minutes where each rule is tried at each place of the address.
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

proptest! {
    #[test]
    fn nothing_panics_and_the_same_pattern_in_another_spelling_says_the_same(
        body: Vec<u8>,
        path in "/[a-c%*$/?2A]{0,12}",
        rule in "/[a-c%*$/?2A]{0,12}",
    ) {
        let url = Url::parse(&format!("https://example.org{path}")).unwrap();
        rules(&body).allow(&url);
        let plain = rules(format!("User-agent: *\nDisallow: {rule}"));
        let spelled: String = rule.chars().map(|c| match c {
            'a'..='c' => format!("%{:02x}", u32::from(c)),
            _ => c.to_string(),
        }).collect();
        // A letter behind `%` may be part of a number.
        if !rule.contains('%') {
            prop_assert_eq!(plain.allow(&url), rules(format!("User-agent: *\nDisallow: {spelled}")).allow(&url));
        }
    }

    #[test]
    fn a_pattern_fits_as_the_plain_definition_says(
        path in "[ab]{0,8}",
        rule in "[ab*]{0,6}\\$?",
    ) {
        fn fits(rule: &[u8], path: &[u8]) -> bool {
            match (rule, path) {
                ([], _) | ([b'$'], []) => true,
                ([b'*', rest @ ..], _) => (0..=path.len()).any(|from| fits(rest, &path[from..])),
                ([first, rest @ ..], [own, path @ ..]) if first == own => fits(rest, path),
                _ => false,
            }
        }
        let url = Url::parse(&format!("https://example.org/{path}")).unwrap();
        let said = rules(format!("User-agent: *\nDisallow: /{rule}")).allow(&url);
        prop_assert_eq!(said, !fits(rule.as_bytes(), path.as_bytes()));
    }
}
