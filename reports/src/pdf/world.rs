//! What Typst sees: the design, the fonts and the data of one report.

use std::sync::OnceLock;

use peil_warehouse::{Error, Result};
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Feature, Library, LibraryExt};

static REGULAR: &[u8] = include_bytes!("../../fonts/Inter-Regular.ttf");
static SEMI_BOLD: &[u8] = include_bytes!("../../fonts/Inter-SemiBold.ttf");

/// The design, by name; the first is where it begins.
const DESIGN: [(&str, &str); 4] = [
    ("report.typ", include_str!("report.typ")),
    ("blocks.typ", include_str!("blocks.typ")),
    ("tables.typ", include_str!("tables.typ")),
    ("theme.typ", include_str!("theme.typ")),
];
const DATA: &str = "report.json";

/// What is the same for every report.
struct Ground {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    design: Vec<(FileId, Source)>,
    data: FileId,
}

/// The world of one report.
pub(super) struct World {
    ground: &'static Ground,
    main: FileId,
    data: Bytes,
}

impl World {
    /// A world with `data` in it.
    pub(super) fn new(data: Vec<u8>) -> Result<Self> {
        let ground = ground().ok_or_else(|| Error::internal("the bundled fonts cannot be read"))?;
        let main = ground.design.first().map_or(ground.data, |(id, _)| *id);
        Ok(Self { ground, main, data: Bytes::new(data) })
    }
}

/// The bundled fonts.
pub(super) fn fonts() -> Option<&'static [Font]> {
    ground().map(|ground| ground.fonts.as_slice())
}

fn ground() -> Option<&'static Ground> {
    static GROUND: OnceLock<Option<Ground>> = OnceLock::new();
    GROUND
        .get_or_init(|| {
            let fonts: Option<Vec<Font>> =
                [REGULAR, SEMI_BOLD].into_iter().map(|font| Font::new(Bytes::new(font), 0)).collect();
            let fonts = fonts?;
            let design = DESIGN.iter().map(|(name, text)| {
                let id = file(name)?;
                Some((id, Source::new(id, (*text).to_owned())))
            });
            // Header cells of rows are still behind this feature.
            let library = Library::builder().with_features([Feature::A11yExtras].into_iter().collect()).build();
            Some(Ground {
                library: LazyHash::new(library),
                book: LazyHash::new(FontBook::from_fonts(&fonts)),
                fonts,
                design: design.collect::<Option<_>>()?,
                data: file(DATA)?,
            })
        })
        .as_ref()
}

fn file(name: &str) -> Option<FileId> {
    Some(RootedPath::new(VirtualRoot::Project, VirtualPath::new(name).ok()?).intern())
}

impl typst::World for World {
    fn library(&self) -> &LazyHash<Library> {
        &self.ground.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.ground.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let source = self.ground.design.iter().find(|(file, _)| *file == id);
        source.map(|(_, source)| source.clone()).ok_or_else(|| absent(id))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.ground.data { Ok(self.data.clone()) } else { Err(absent(id)) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.ground.fonts.get(index).cloned()
    }

    // A report does not depend on the day on which it is made.
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

fn absent(id: FileId) -> FileError {
    FileError::NotFound(id.vpath().get_without_slash().into())
}
