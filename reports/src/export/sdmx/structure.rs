//! The structure of the figures: code lists, concepts, data structure and
//! dataflow, as SDMX-ML 3.0.

use std::fmt::Write;

use chrono::NaiveDate;

use super::{AGENCY, Codes, FLANDERS, VERSION};

const SCHEMAS: &str = "http://www.sdmx.org/resources/sdmxml/schemas/v3_0";
const MODEL: &str = "urn:sdmx:org.sdmx.infomodel";

/// A dimension or an attribute: its id, its name in Dutch and English, and the
/// code list of its values; one without is a text.
struct Component {
    id: &'static str,
    names: [&'static str; 2],
    codes: Option<&'static str>,
}

const DIMENSIONS: [Component; 4] = [
    Component { id: "FREQ", names: ["Frequentie", "Frequency"], codes: Some("CL_FREQ") },
    Component { id: "INDICATOR", names: ["Indicator", "Indicator"], codes: Some("CL_INDICATOR") },
    Component { id: "REF_AREA", names: ["Gebied of bestuur", "Reference area"], codes: Some("CL_AREA") },
    Component { id: "VALUE_TYPE", names: ["Soort waarde", "Type of value"], codes: Some("CL_VALUE_TYPE") },
];
const TIME: Component = Component { id: "TIME_PERIOD", names: ["Periode", "Time period"], codes: None };
const VALUE: Component = Component { id: "OBS_VALUE", names: ["Waarde", "Observation value"], codes: None };
const ATTRIBUTES: [Component; 2] = [
    Component { id: "OBS_STATUS", names: ["Status", "Observation status"], codes: Some("CL_OBS_STATUS") },
    Component { id: "UNIT", names: ["Eenheid", "Unit of measure"], codes: None },
];

/// Codes that do not depend on the data: list, name, codes with names in Dutch
/// and English.
const LISTS: [(&str, &str, &[[&str; 3]]); 3] = [
    (
        "CL_FREQ",
        "Frequentie",
        &[["A", "Jaar", "Annual"], ["Q", "Kwartaal", "Quarterly"], ["S", "Semester", "Half-yearly"]],
    ),
    (
        "CL_OBS_STATUS",
        "Status van een waarde",
        &[
            ["A", "Normale waarde", "Normal value"],
            ["P", "Voorlopige waarde", "Provisional value"],
            ["Q", "Onderdrukt: zegt te veel over enkelen", "Missing value; suppressed"],
        ],
    ),
    (
        "CL_VALUE_TYPE",
        "Soort waarde",
        &[["REALISED", "Gerealiseerd", "Realised"], ["TARGET", "Streefwaarde", "Target"]],
    ),
];

/// `structure.xml`.
pub(super) fn document(codes: &Codes, as_of: NaiveDate) -> String {
    let mut out = String::new();
    let _ = write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <mes:Structure xmlns:mes=\"{SCHEMAS}/message\" xmlns:str=\"{SCHEMAS}/structure\" xmlns:com=\"{SCHEMAS}/common\">\n\
         <mes:Header>\n<mes:ID>PEIL_{}</mes:ID>\n<mes:Test>false</mes:Test>\n<mes:Prepared>{as_of}T00:00:00Z</mes:Prepared>\n\
         <mes:Sender id=\"{AGENCY}\"/>\n</mes:Header>\n<mes:Structures>\n",
        as_of.format("%Y%m%d")
    );
    out.push_str("<str:Codelists>\n");
    for (id, name, list) in LISTS {
        let list = list.iter().map(|[id, dutch, english]| (*id, *dutch, Some(*english)));
        code_list(&mut out, id, name, list);
    }
    let indicators = codes.indicators.iter().map(|indicator| (indicator.id.as_str(), indicator.label.as_str(), None));
    code_list(&mut out, "CL_INDICATOR", "Indicatoren", indicators);
    let areas = codes.authorities.iter().map(|(nis, name)| (nis.as_str(), name.as_str(), None));
    code_list(
        &mut out,
        "CL_AREA",
        "Vlaanderen en zijn lokale besturen",
        [(FLANDERS, "Vlaanderen", None)].into_iter().chain(areas),
    );
    out.push_str("</str:Codelists>\n");
    concepts(&mut out);
    let _ = write!(
        out,
        "<str:Dataflows>\n<str:Dataflow id=\"PEIL_INDICATORS\" agencyID=\"{AGENCY}\" version=\"{VERSION}\">\n\
         {}<str:Structure>{MODEL}.datastructure.DataStructure={AGENCY}:PEIL_INDICATORS({VERSION})</str:Structure>\n\
         </str:Dataflow>\n</str:Dataflows>\n",
        names("Indicatoren van de lokaal-digitale programma's", Some("Indicators of the local-digital programmes"))
    );
    data_structure(&mut out);
    out.push_str("</mes:Structures>\n</mes:Structure>\n");
    out
}

fn code_list<'a>(
    out: &mut String,
    id: &str,
    name: &str,
    codes: impl IntoIterator<Item = (&'a str, &'a str, Option<&'a str>)>,
) {
    let _ = writeln!(out, "<str:Codelist id=\"{id}\" agencyID=\"{AGENCY}\" version=\"{VERSION}\">");
    out.push_str(&names(name, None));
    for (id, dutch, english) in codes {
        let _ = writeln!(out, "<str:Code id=\"{}\">\n{}</str:Code>", escape(id), names(dutch, english));
    }
    out.push_str("</str:Codelist>\n");
}

fn concepts(out: &mut String) {
    let _ = writeln!(
        out,
        "<str:ConceptSchemes>\n<str:ConceptScheme id=\"CS_PEIL\" agencyID=\"{AGENCY}\" version=\"{VERSION}\">\n{}",
        names("Begrippen van Peil", Some("Concepts of Peil")).trim_end()
    );
    for component in DIMENSIONS.iter().chain([&TIME, &VALUE]).chain(&ATTRIBUTES) {
        let [dutch, english] = component.names;
        let _ = writeln!(out, "<str:Concept id=\"{}\">\n{}</str:Concept>", component.id, names(dutch, Some(english)));
    }
    out.push_str("</str:ConceptScheme>\n</str:ConceptSchemes>\n");
}

fn data_structure(out: &mut String) {
    let _ = writeln!(
        out,
        "<str:DataStructures>\n<str:DataStructure id=\"PEIL_INDICATORS\" agencyID=\"{AGENCY}\" version=\"{VERSION}\">\n\
         {}<str:DataStructureComponents>\n<str:DimensionList id=\"DimensionDescriptor\">",
        names("Indicatoren", Some("Indicators"))
    );
    for (position, component) in (1..).zip(&DIMENSIONS) {
        let _ = writeln!(
            out,
            "<str:Dimension id=\"{}\" position=\"{position}\">\n{}</str:Dimension>",
            component.id,
            meaning(component, "String")
        );
    }
    let _ = writeln!(
        out,
        "<str:TimeDimension id=\"{}\">\n{}</str:TimeDimension>\n</str:DimensionList>\n\
         <str:AttributeList id=\"AttributeDescriptor\">",
        TIME.id,
        meaning(&TIME, "ObservationalTimePeriod")
    );
    for component in &ATTRIBUTES {
        let usage = if component.codes.is_some() { "mandatory" } else { "optional" };
        let _ = writeln!(
            out,
            "<str:Attribute id=\"{}\" usage=\"{usage}\">\n{}\
             <str:AttributeRelationship>\n<str:Observation/>\n</str:AttributeRelationship>\n</str:Attribute>",
            component.id,
            meaning(component, "String")
        );
    }
    let _ = writeln!(
        out,
        "</str:AttributeList>\n<str:MeasureList id=\"MeasureDescriptor\">\n\
         <str:Measure id=\"{}\" usage=\"optional\">\n{}</str:Measure>\n</str:MeasureList>\n\
         </str:DataStructureComponents>\n</str:DataStructure>\n</str:DataStructures>",
        VALUE.id,
        meaning(&VALUE, "Double")
    );
}

/// The concept of a component, and what its values look like.
fn meaning(component: &Component, text_type: &str) -> String {
    let values = match component.codes {
        Some(list) => {
            format!("<str:Enumeration>{MODEL}.codelist.Codelist={AGENCY}:{list}({VERSION})</str:Enumeration>")
        }
        None => format!("<str:TextFormat textType=\"{text_type}\"/>"),
    };
    format!(
        "<str:ConceptIdentity>{MODEL}.conceptscheme.Concept={AGENCY}:CS_PEIL({VERSION}).{}</str:ConceptIdentity>\n\
         <str:LocalRepresentation>\n{values}\n</str:LocalRepresentation>\n",
        component.id
    )
}

fn names(dutch: &str, english: Option<&str>) -> String {
    let name = |language: &str, text: &str| format!("<com:Name xml:lang=\"{language}\">{}</com:Name>\n", escape(text));
    english.into_iter().fold(name("nl", dutch), |names, text| names + &name("en", text))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
