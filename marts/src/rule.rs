//! Attention points: each rule is a query, the mart is their union.

use peil_warehouse::Result;

use crate::model::{Columns, Example, Header, Model, Rule};

/// The models that follow from the rules: a table for each, and the mart
/// `attention_points` over them.
///
/// # Errors
/// [`peil_warehouse::Error::Usage`] where the query of a rule cannot be read.
pub fn models<'a>(rules: impl Iterator<Item = &'a Rule>) -> Result<Vec<Model>> {
    let mut models = Vec::new();
    let mut branches = Vec::new();
    for rule in rules {
        let code = &rule.header.rule;
        let header = Header {
            intermediate: Some(format!("rule_{code}")),
            grain: "a row for each attention point of one rule".into(),
            description: rule.header.description.clone(),
            ..Header::default()
        };
        models.push(Model::new(&rule.place, header, &rule.sql)?);
        branches.push(format!(
            "select period, '{code}' as code, '{}' as severity, subject, text_nl from intermediate.rule_{code}",
            rule.header.severity.replace('\'', "''")
        ));
    }
    if branches.is_empty() {
        branches
            .push("select '' as period, '' as code, '' as severity, '' as subject, '' as text_nl where false".into());
    }
    let columns = [
        ("period", "quarter or semester in which the point holds"),
        ("code", "the rule that made it"),
        ("severity", "how serious it is"),
        ("subject", "what it is about: an indicator, a module, a solution, a dataset"),
        ("text_nl", "a sentence in Dutch that states the figures"),
    ];
    let header = Header {
        mart: Some("attention_points".into()),
        grain: "a row for each quarter or semester and attention point".into(),
        owner: "V-ICT-OR".into(),
        description: "What deserves a look, by fixed rules; a point states figures and never a cause.".into(),
        columns: Columns(columns.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec()),
        order: ["period", "code", "subject"].map(str::to_owned).to_vec(),
        examples: vec![Example {
            question: "What deserves a look in the first semester of 2022, the most serious first?".into(),
            query: "select severity, code, subject, text_nl from marts.attention_points where period = '2022S1' order by case severity when 'high' then 1 when 'medium' then 2 else 3 end, code, subject".into(),
        }],
        ..Header::default()
    };
    models.push(Model::new("the rules", header, &branches.join("\nunion all\n"))?);
    Ok(models)
}
