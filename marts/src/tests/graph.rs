//! Reading models and putting them in order.

use crate::ModelSet;

fn model(name: &str, sql: &str) -> (String, String) {
    (format!("{name}.sql"), format!("/*\nintermediate: {name}\ngrain: a row\ndescription: A test.\n*/\n{sql}\n"))
}

fn wrong(files: &[(String, String)]) -> String {
    ModelSet::from_files(files).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn a_thousand_models_are_put_in_order() {
    let files: Vec<_> = (0..1000)
        .map(|number| {
            let reads =
                if number == 0 { "run.periods".to_owned() } else { format!("intermediate.m{:04}", (number - 1) / 2) };
            model(
                &format!("m{number:04}"),
                &format!("with a as (select * from {reads}) select period from a where true"),
            )
        })
        .collect();
    let models = ModelSet::from_files(&files).unwrap();
    let order: Vec<&str> = models.in_order().map(|model| model.name.as_str()).collect();
    let place = |name: &str| order.iter().position(|other| *other == name).unwrap();
    assert!(place("intermediate.m0999") > place("intermediate.m0499"));
    assert!(place("intermediate.m0001") > place("intermediate.m0000"));
}

#[test]
fn a_circle_is_named() {
    let files = [
        model("a", "select * from intermediate.b"),
        model("b", "select * from intermediate.c"),
        model("c", "select * from intermediate.a"),
    ];
    let message = wrong(&files);
    assert!(
        message.contains("intermediate.a reads intermediate.b reads intermediate.c reads intermediate.a"),
        "{message}"
    );
}

#[test]
fn an_unknown_table_is_named_with_the_nearest() {
    let message = wrong(&[model("a", "select * from run.perods")]);
    assert!(
        message.starts_with("a.sql: ") && message.contains("`run.perods` is not known (did you mean `run.periods`"),
        "{message}"
    );
}

#[test]
fn what_is_no_query_is_refused() {
    for sql in [
        "drop table run.periods",
        "select 1; select 2",
        "select * from periods",
        "insert into run.periods select 1",
        "select * from pg_catalog.x",
    ] {
        assert!(!wrong(&[model("a", sql)]).is_empty(), "{sql}");
    }
}

#[test]
fn a_wrong_header_names_file_and_line() {
    let text = "/*\nmart: a\ngrain: a row\nowner: me\ndescription: A test.\norde: [a]\n*/\nselect 1 as a\n";
    let message = wrong(&[("models/a.sql".into(), text.into())]);
    assert!(message.starts_with("models/a.sql:6: ") && message.contains("orde"), "{message}");
    let message = wrong(&[("a.sql".into(), "select 1".into())]);
    assert!(message.contains("begins with its header"), "{message}");
}

#[test]
fn a_wrong_indicator_names_its_file() {
    let text = "id: X-1\nposition: 1\nprogramme: p\nsection: s\nlabel_nl: l\nkind: $\ndefinition_nl: d\ndataset: a/b\nfact: a_b\ncounts: c\n";
    let message = wrong(&[("x.yaml".into(), text.replace('$', "flow"))]);
    assert_eq!(message, "x.yaml: a flow indicator needs `from:`");
    let message = wrong(&[("x.yaml".into(), text.replace('$', "flwo"))]);
    assert!(message.starts_with("x.yaml:6: ") && message.contains("flow"), "{message}");
    let text = text.replace('$', "flow") + "from: on_day\nwhere: kind = 'a' and (\n";
    let message = wrong(&[("x.yaml".into(), text)]);
    assert!(message.starts_with("x.yaml: ") && message.contains("where"), "{message}");
}

#[test]
fn a_name_twice_is_refused_and_a_users_file_replaces() {
    assert!(
        wrong(&[model("a", "select 1 as x"), ("other.sql".into(), model("a", "select 2 as x").1)]).contains("already")
    );
    let folder = tempfile::TempDir::new().unwrap();
    let own = "/*\nintermediate: members\ngrain: a row\ndescription: Our own.\n*/\nselect 1 as x\n";
    std::fs::write(folder.path().join("own.sql"), own).unwrap();
    let models = ModelSet::load(Some(folder.path())).unwrap();
    assert_eq!(models.get("intermediate.members").unwrap().header.description, "Our own.");
    assert_eq!(models.indicators().len(), 87);
}
