//! Tests of the readers on their own.

use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use std::sync::Arc;

use peil_warehouse::contract::Encoding;

use super::window::Window;
use super::*;

/// A reader that gives its bytes a few at a time.
struct Dripping(Cursor<Vec<u8>>, usize);

impl Read for Dripping {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let length = into.len().min(self.1);
        self.0.read(&mut into[..length])
    }
}

fn layout(dataset: &str) -> Arc<Layout> {
    let contracts = crate::contracts::embedded().unwrap();
    Arc::new(Layout::new(contracts.get(dataset).unwrap()))
}

fn window(text: &[u8], drip: usize) -> Window {
    Window::new(Box::new(Dripping(Cursor::new(text.to_vec()), drip)), Encoding::Utf8)
}

/// Values of a row, and its line.
fn rows(source: &mut dyn Source, layout: &Layout) -> Vec<(i64, Vec<Option<String>>)> {
    let mut rows = Vec::new();
    while let Some(block) = source.next_block().unwrap() {
        let chunk = block.parse(layout).unwrap();
        for row in 0..chunk.rows {
            let values = (0..layout.width())
                .map(|column| chunk.values(column).unwrap().get(row).map(|(value, _)| value.to_owned()));
            rows.push((chunk.lines[row], values.collect()));
        }
    }
    rows
}

#[test]
fn quotes_of_separated_values() {
    let layout = layout("security/qrc_sources");
    let text = "bron;sinds;tot\n\"a;b\";\"\";c\n\"a\"\"b\";\"x\ny\";\"\"\"\"\n \"a\";b\"c;\"d\"e\n\n;;\n\"a\n\n\";;x";
    for drip in [1, 2, 7, 1000] {
        let mut csv = csv::Csv::new(window(text.as_bytes(), drip), &layout).unwrap();
        let found = rows(&mut csv, &layout);
        let expected: [(i64, [&str; 3]); 5] = [
            (2, ["a;b", "", "c"]),
            (3, ["a\"b", "x\ny", "\""]),
            (5, [" \"a\"", "b\"c", "de"]),
            (7, ["", "", ""]),
            (8, ["a\n\n", "", "x"]),
        ];
        let expected: Vec<_> = expected
            .iter()
            .map(|(line, values)| (*line, values.map(|value| Some(value.to_owned())).to_vec()))
            .collect();
        assert_eq!(found, expected, "{drip}");
    }
}

/// JSON texts, good and bad.
fn json_texts() -> Vec<String> {
    let seeds = [
        r#"{"bron":"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00","sinds":[1,-0.5e+3,{"x":[]},[[{}]],null,true,false],"x":{"y":{"z":""}}}"#,
        r#" { "bron" : 12.50 , "tot":null,"\u0062ron":"laatste" } "#,
        "{}",
        r#"{"a":"é€😀"}"#,
    ];
    let mut texts: Vec<String> = seeds.iter().map(|seed| (*seed).to_owned()).collect();
    // Each seed with one character left out, doubled, or replaced.
    for seed in seeds {
        let chars: Vec<char> = seed.chars().collect();
        for at in 0..chars.len() {
            for put in ["", "\"", "\\", "{", "]", ",", ":", "0", "\u{1}", "e", "."] {
                let mut text: String = chars[..at].iter().collect();
                text.push_str(put);
                text.extend(&chars[at + 1..]);
                texts.push(text);
            }
        }
    }
    texts
}

#[test]
fn objects_are_well_formed_where_serde_says_so() {
    let layout = layout("security/qrc_sources");
    for text in json_texts() {
        let mut objects = object::Objects::new(&layout, 1);
        let found = objects.push(&text, 0, text.len()).is_ok();
        let expected = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text).is_ok();
        // A number too large for serde's own numbers is well-formed JSON.
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn of_a_member_that_stands_twice_the_last_counts() {
    let layout = layout("security/qrc_sources");
    let text = r#"{"bron":"a","BRON":"b","\u0062ron":"c\t","sinds":1.0,"tot":{"a":[1]},"nieuw":1}"#;
    let mut objects = object::Objects::new(&layout, 1);
    objects.push(text, 0, text.len()).unwrap();
    let (columns, resolved, unknown) = objects.finish();
    let text = format!("{text}{resolved}");
    let chunk = Chunk { text, rows: 1, lines: vec![1], columns, faults: Vec::new(), unknown: BTreeSet::new() };
    let value = |column: usize| chunk.values(column).unwrap().get(0);
    assert_eq!(
        (value(0), value(1), value(2)),
        (Some(("c\t", false)), Some(("1.0", false)), Some(("{\"a\":[1]}", true)))
    );
    assert_eq!(unknown, BTreeSet::from(["nieuw".to_owned()]));
}

#[test]
fn nesting_beyond_reason_is_bad_and_does_no_harm() {
    let layout = layout("security/qrc_sources");
    for (depth, good) in [(100, true), (100_000, false)] {
        let text = format!("{{\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(object::Objects::new(&layout, 1).push(&text, 0, text.len()).is_ok(), good);
    }
}

#[test]
fn elements_are_cut_whatever_the_stretches() {
    let layout = layout("security/qrc_sources");
    let array = "[ {\"bron\":\"a]}\\\"\"},\n\n{\"bron\":\"b\",\"x\":[{}]}\n,{\"bron\":\n\"c\"} ]\n";
    let page = format!("{{\"count\": 3, \"items\": {array}, \"next\": \"http://x\"}}");
    for text in [array.to_owned(), page] {
        for drip in [1, 3, 1000] {
            let mut json = json::Json::new(window(text.as_bytes(), drip)).unwrap();
            let found: Vec<(i64, Option<String>)> =
                rows(&mut json, &layout).into_iter().map(|(line, values)| (line, values[0].clone())).collect();
            let expected = [(1, "a]}\""), (3, "b"), (4, "c")].map(|(line, value)| (line, Some(value.to_owned())));
            assert_eq!(found, expected, "{drip}");
        }
    }
}

#[test]
fn a_broken_array_cannot_be_read() {
    for text in [
        "[{} {}]",
        "[{},]",
        "[,{}]",
        "[{}",
        "{\"items\":{}}",
        "{\"items\":[],\"items\":[]}",
        "{\"items\":[]",
        "{items:[]}",
        "12",
        "[{}]x",
        "[}]",
    ] {
        let read = || -> ReadResult<()> {
            let mut json = json::Json::new(window(text.as_bytes(), 1000))?;
            while json.next_block()?.is_some() {}
            Ok(())
        };
        assert!(matches!(read(), Err(Unreadable::Refused(_))), "{text}");
    }
}
