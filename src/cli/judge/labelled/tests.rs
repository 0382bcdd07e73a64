//! Reading labelled texts, and writing them.

use super::*;
use crate::text::Language;
use chrono::DateTime;
use proptest::prelude::*;

fn lines(file: &str) -> Vec<Labelled> {
    parse(file.as_bytes()).unwrap().labelled
}

#[test]
fn columns_come_in_any_order_and_others_are_passed_over() {
    let read = lines(
        "\u{feff}source\ttext\tRating\tLABEL\tlang\tbrand\ttitle\r\n\
         x\tAcme ei toimi\t2\tneg\tfi\tAcme\tHuono\r\n\r\n\
         x\tAcme opens at nine\t-\tneutral\t\t-\t\r\n",
    );
    assert_eq!(read.len(), 2);
    assert_eq!((read[0].label, read[0].language), (Label::Negative, Some(Language::FINNISH)));
    assert_eq!(read[0].brand, Some(BrandName("Acme".into())));
    assert_eq!(read[0].post.title.as_deref(), Some("Huono"));
    assert_eq!(read[0].post.rating, Some(2));
    assert_eq!((read[0].hits[0].start, read[0].hits[0].end), (0, 4));
    assert_eq!((read[1].label, read[1].language), (Label::Neutral, None));
    assert_eq!((&read[1].brand, read[1].post.rating), (&None, None));
}

#[test]
fn a_target_says_what_the_text_calls_it() {
    let read = lines("label\ttext\ttarget\tbrand\npos\tthe Acmeans are great\tAcmean\tAcme\n");
    assert_eq!(read[0].hits[0].form, "Acmean");
    assert_eq!(read[0].brand, Some(BrandName("Acme".into())));
}

#[test]
fn noise_is_counted_and_left_out() {
    let read = parse(b"label\ttext\nnoise\trocket\npos\tgood\n").unwrap();
    assert_eq!((read.labelled.len(), read.noise), (1, 1));
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let check = |file: &[u8], line: usize, what: &str| {
        let fault = parse(file).unwrap_err();
        assert_eq!((fault.line, fault.what.as_str()), (line, what));
        assert_ne!(fault.next, "");
    };
    check(b"", 1, "there is no column `label`");
    check(b"lable\ttext\n", 1, "there is no column `label` (is it `lable`?)");
    check(b"label,text\nneg,bad\n", 1, "there is no column `label`");
    check(b"label\tbody\n", 1, "there is no column `text`");
    check(b"label\ttext\tlang\tlanguage\n", 1, "the columns `lang` and `language` say the same");
    check(b"label\ttext\n", 0, "there is no labelled text in it");
    check(b"label\ttext\nneg\tx\n\nbad\tx\n", 4, "column 1 (`label`): `bad` is no label");
    check(b"label\ttext\n\tx\n", 2, "column 1 (`label`): there is no label");
    check(b"label\ttext\nneg\n", 2, "column 2 (`text`): there is nothing in it");
    check(
        b"label\ttext\tlang\nneg\tx\tfinnish\n",
        2,
        "column 3 (`lang`): `finnish` is no language",
    );
    check(b"label\ttext\trating\nneg\tx\t9\n", 2, "column 3 (`rating`): `9` is no rating");
    check(b"label\ttext\nneg\tx\nneg\t\xff\n", 3, "this is no UTF-8");
}

fn mark(title: Option<String>, text: String) -> MarkView {
    MarkView {
        id: 1,
        mention: "m1".into(),
        brand: "Acme".into(),
        mark: Mark::Negative,
        at: DateTime::UNIX_EPOCH,
        by: "maija".into(),
        headline: None,
        title,
        text: Some(text),
        language: Some(Language::FINNISH),
        rating: Some(1),
        matches: Vec::new(),
        teaches: true,
        undone: None,
        undone_by: None,
        brought_back: Vec::new(),
        taught: Vec::new(),
    }
}

#[test]
fn what_does_not_teach_or_is_gone_is_not_written() {
    let replaced = MarkView { teaches: false, ..mark(None, "x".into()) };
    let gone = MarkView { text: None, ..mark(None, String::new()) };
    assert_eq!(write(&[replaced, gone]), WRITTEN);
}

#[test]
fn a_dash_is_read_again_and_blanks_are_not_written() {
    let file = write(&[mark(None, "-".into())]);
    assert_eq!(lines(&file)[0].post.text, "-");
    let blank = ["", " ", "\n", "\u{7}", "\u{a0}\t"].map(|text| mark(None, text.into()));
    let dash = mark(Some("-".into()), " ".into());
    let rest = [dash, mark(Some(" ".into()), " ".into()), mark(Some("Huono".into()), " ".into())];
    let file = write(&[&blank[..], &rest].concat());
    assert_eq!(file.lines().count(), 2, "{file}");
    assert_eq!(lines(&file)[0].post.title.as_deref(), Some("Huono"));
}

#[test]
fn no_cell_is_a_formula() {
    let file = write(&[mark(None, "=1+1".into())]);
    assert!(!file.contains("\t="), "{file}");
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        title in proptest::option::of("[a-zåäö\\\\\n\t=@\\-\" ]{0,20}"),
        text in "[a-zåäöİı👍\\\\\n\t=@+\"ntr ]{0,60}[a-z]",
    ) {
        let mark = mark(title, text);
        let read = lines(&write(std::slice::from_ref(&mark)));
        prop_assert_eq!(read.len(), 1);
        let trimmed = |text: &str| text.trim_matches(' ').to_owned();
        let title = mark.title.as_deref().map(trimmed);
        let title = title.filter(|title| !title.is_empty() && title != "-");
        prop_assert_eq!(&read[0].post.title, &title);
        prop_assert_eq!(&read[0].post.text, &trimmed(mark.text.as_deref().unwrap()));
        prop_assert_eq!(read[0].post.rating, Some(1));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _read = parse(&[b"label\ttext\n".as_slice(), &bytes].concat());
    }
}
