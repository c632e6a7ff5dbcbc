//! Tests of reading contracts.

use super::*;

const GOOD: &str = r#"apiVersion: v3.1.0
kind: DataContract
id: portal-users
version: 1.0.0
status: active
schema:
  - name: portal_users
    physicalName: portal/users
    description: Accounts.
    customProperties:
      - property: load
        value: upsert
      - property: formats
        value: [csv]
      - property: factDay
        value: [registered_on]
    properties:
      - name: user_id
        physicalName: gebruiker_id
        logicalType: string
        physicalType: text
        required: true
        primaryKey: true
        primaryKeyPosition: 1
        customProperties:
          - property: privacy
            value: pseudonymise
      - name: naam
        logicalType: string
        physicalType: text
        customProperties:
          - property: privacy
            value: drop
      - name: authority
        physicalName: bestuur
        logicalType: string
        physicalType: authority
      - name: registered_on
        physicalName: geregistreerd_op
        logicalType: date
        physicalType: date
        required: true
      - name: unregistered_on
        physicalName: uitgeschreven_op
        logicalType: date
        physicalType: date
        quality:
          - type: custom
            engine: peil
            implementation:
              notBefore: registered_on
      - name: score
        logicalType: integer
        physicalType: integer
        logicalTypeOptions:
          minimum: 1
          maximum: 5
"#;

fn parse(text: &str) -> Result<Contract> {
    Contract::parse("portal/users.odcs.yaml", text)
}

fn message(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn a_contract_is_read_whole() {
    let contract = parse(GOOD).unwrap();
    assert_eq!((contract.system(), contract.table_name().as_str()), ("portal", "portal_users"));
    assert_eq!(contract.key, ["user_id"]);
    assert_eq!(contract.fact_day, Some(FactDay::Earliest(vec!["registered_on".to_owned()])));
    assert_eq!(contract.columns.len(), 6);
    assert_eq!(contract.column("user_id").unwrap().privacy, Privacy::Pseudonymise);
    let order = Constraint::NotBefore { column: "registered_on".to_owned(), strictly: false };
    assert_eq!(contract.column("unregistered_on").unwrap().constraints, [order]);
    let range = Constraint::Range { minimum: Some(1_000_000), maximum: Some(5_000_000) };
    assert_eq!(contract.column("score").unwrap().constraints, [range]);
}

#[test]
fn the_staged_table_leaves_out_what_is_dropped() {
    let schema = parse(GOOD).unwrap().staged_schema();
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let expected = [
        "user_id",
        "authority",
        "registered_on",
        "unregistered_on",
        "score",
        DELIVERY,
        OBJECT,
        ROW,
        LINE,
        DELIVERY_DATE,
    ];
    assert_eq!(names, expected);
    assert_eq!(schema.field(0).metadata()[crate::table::COMMENT], " (a pseudonym)");
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest() {
    let text = message(&GOOD.replace("primaryKeyPosition", "primaryKeyPostion"));
    assert!(text.contains("portal/users.odcs.yaml, line 24"), "{text}");
    assert!(text.contains("`primaryKeyPostion` (did you mean `primaryKeyPosition`"), "{text}");
    let text = message(&GOOD.replace("property: formats", "property: format"));
    assert!(text.contains("line 13") && text.contains("did you mean `formats`"), "{text}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let wrong = [
        ("value: upsert", "value: append", "none of upsert, snapshot"),
        ("physicalName: portal/users", "physicalName: portal/user", "write `portal/users`"),
        ("physicalType: authority", "physicalType: autority", "did you mean `authority`"),
        ("logicalType: integer", "logicalType: number", "logicalType of `integer` is integer"),
        ("notBefore: registered_on", "notBefore: registered", "needs two dates"),
        ("value: [registered_on]", "value: [user_id]", "no date or timestamp"),
        ("primaryKey: true", "primaryKey: false", "needs a key"),
        ("value: drop", "value: remove", "none of pseudonymise, drop"),
        ("name: naam", "name: user_id", "a second column `user_id`"),
        ("apiVersion: v3.1.0", "apiVersion: v2.0.0", "write v3.1.0"),
    ];
    for (from, to, expected) in wrong {
        let text = message(&GOOD.replacen(from, to, 1));
        assert!(text.contains(expected) && text.contains("portal/users.odcs.yaml"), "{to}: {text}");
    }
}

#[test]
fn all_wrong_contracts_are_named_at_once() {
    let wrong = GOOD.replace("value: upsert", "value: append");
    let files = [("portal/users.odcs.yaml", wrong.as_str()), ("portal/other.odcs.yaml", GOOD)];
    let text = ContractSet::parse(files).unwrap_err().to_string();
    assert_eq!(text.lines().count(), 2, "{text}");
}

#[test]
fn a_folder_overrides_and_adds() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("portal")).unwrap();
    std::fs::write(folder.path().join("portal/users.odcs.yaml"), GOOD.replace("Accounts.", "Others.")).unwrap();
    let added = GOOD.replace("portal_users", "portal_more").replace("portal/users", "portal/more");
    std::fs::write(folder.path().join("portal/more.odcs.yaml"), added).unwrap();
    let set = ContractSet::parse([("portal/users.odcs.yaml", GOOD)]).unwrap().with_folder(folder.path()).unwrap();
    assert_eq!(set.len(), 2);
    assert_eq!(set.get("portal/users").unwrap().description, "Others.");
}

#[test]
fn a_reference_to_nothing_is_refused() {
    let text = GOOD.replace(
        "        physicalType: authority\n",
        "        physicalType: authority\n        relationships:\n          - to: portal_user.user_id\n",
    );
    let text = ContractSet::parse([("portal/users.odcs.yaml", text.as_str())]).unwrap_err().to_string();
    assert!(text.contains("unknown dataset `portal/user`") && text.contains("portal/users"), "{text}");
}
