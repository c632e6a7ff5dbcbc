//! The structure tree, walked as a screen reader walks it.

use std::collections::BTreeMap;

use lopdf::{Dictionary, Document as Pdf, Object, ObjectId};

use super::{bytes, dictionary, string};

/// An element of the structure tree.
struct Element {
    role: String,
    alternative: Option<String>,
    /// `Row`, `Column` or `Both`.
    scope: Option<String>,
    children: Vec<Element>,
}

struct Reader<'a> {
    pdf: &'a Pdf,
    roles: BTreeMap<String, String>,
}

impl Reader<'_> {
    fn element(&self, element: &Dictionary) -> Element {
        let written = name(element, b"S").unwrap();
        Element {
            role: self.roles.get(&written).cloned().unwrap_or(written),
            alternative: element.get(b"Alt").ok().map(|alt| string(self.follow(alt))),
            scope: self.scope(element),
            children: self.children(element),
        }
    }

    /// Elements below; marked content and annotations are passed over.
    fn children(&self, element: &Dictionary) -> Vec<Element> {
        let Ok(kids) = element.get(b"K") else { return Vec::new() };
        let kids = match self.follow(kids) {
            Object::Array(kids) => kids.clone(),
            kid => vec![kid.clone()],
        };
        let kids = kids.iter().filter_map(|kid| self.follow(kid).as_dict().ok());
        kids.filter(|kid| kid.has(b"S")).map(|kid| self.element(kid)).collect()
    }

    fn scope(&self, element: &Dictionary) -> Option<String> {
        let attributes = match self.follow(element.get(b"A").ok()?) {
            Object::Array(attributes) => attributes.clone(),
            attributes => vec![attributes.clone()],
        };
        attributes.iter().find_map(|one| name(self.follow(one).as_dict().ok()?, b"Scope"))
    }

    fn follow<'b>(&'b self, object: &'b Object) -> &'b Object {
        self.pdf.dereference(object).map(|(_, object): (Option<ObjectId>, _)| object).unwrap()
    }
}

impl Element {
    fn visit<'a>(&'a self, see: &mut impl FnMut(&'a Element)) {
        see(self);
        self.children.iter().for_each(|child| child.visit(see));
    }

    fn all(&self, role: &str) -> Vec<&Element> {
        let mut found = Vec::new();
        self.visit(&mut |element| {
            if element.role == role {
                found.push(element);
            }
        });
        found
    }
}

fn name(dictionary: &Dictionary, key: &[u8]) -> Option<String> {
    Some(String::from_utf8_lossy(dictionary.get(key).ok()?.as_name().ok()?).into_owned())
}

fn tree(bytes: &[u8]) -> Vec<Element> {
    let pdf = Pdf::load_mem(bytes).unwrap();
    let root = dictionary(&pdf, pdf.catalog().unwrap(), b"StructTreeRoot");
    let mut roles = BTreeMap::new();
    if let Ok(map) = root.get(b"RoleMap") {
        for (role, to) in pdf.dereference(map).unwrap().1.as_dict().unwrap() {
            let to = String::from_utf8_lossy(to.as_name().unwrap()).into_owned();
            roles.insert(String::from_utf8_lossy(role).into_owned(), to);
        }
    }
    Reader { pdf: &pdf, roles }.children(root)
}

#[tokio::test]
async fn one_document_holds_all() {
    let tree = tree(bytes().await);
    let roles: Vec<&str> = tree.iter().map(|element| element.role.as_str()).collect();
    assert_eq!(roles, ["Document"]);
}

#[tokio::test]
async fn headings_follow_each_other_without_a_gap() {
    let tree = tree(bytes().await);
    let mut levels: Vec<u32> = Vec::new();
    tree[0].visit(&mut |element| {
        if let Some(level) = element.role.strip_prefix('H').and_then(|level| level.parse().ok()) {
            levels.push(level);
        }
    });
    assert!(levels.iter().filter(|level| **level == 1).count() >= 1, "{levels:?}");
    assert_eq!(levels.first(), Some(&1));
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
}

#[tokio::test]
async fn every_table_names_its_columns_and_rows() {
    let tree = tree(bytes().await);
    let tables = tree[0].all("Table");
    for table in &tables {
        assert_eq!(table.all("Caption").len(), 1);
        let rows = table.all("TR");
        let columns = rows[0].children.len();
        assert!(rows.len() > 1 && rows[0].children.iter().all(|cell| cell.role == "TH"));
        for heading in table.all("TH") {
            assert!(heading.scope.is_some(), "a heading without scope");
        }
        for row in &rows[1..] {
            assert_eq!(row.children[0].role, "TH");
            assert!(row.children.len() == columns || row.children.len() == 1, "{} cells", row.children.len());
        }
    }
}

#[tokio::test]
async fn every_drawing_says_what_it_shows() {
    let tree = tree(bytes().await);
    for figure in tree[0].all("Figure") {
        assert!(figure.alternative.as_ref().is_some_and(|alternative| alternative.len() > 5));
    }
}
