//! The templates: built in, with a folder of the user's over them.

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{Environment, ErrorKind, UndefinedBehavior};
use peil_warehouse::nearest::did_you_mean;
use peil_warehouse::{Error, Result};

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// The templates of the page.
#[derive(Debug)]
pub struct Templates(Environment<'static>);

impl Templates {
    /// The built-in templates.
    pub fn built_in() -> Self {
        Self::new(None)
    }

    /// The built-in templates, and over them those of `folder` that bear the
    /// same names.
    ///
    /// # Errors
    /// [`Error::Usage`] where the folder cannot be read or holds a template
    /// whose name is none of the built-in ones: the message names the nearest.
    pub fn with_folder(folder: &Path) -> Result<Self> {
        let place = folder.display();
        let unreadable = |error| Error::usage(format!("the template folder {place} cannot be read: {error}"));
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let name = entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') && BUILT_IN.get_file(&name).is_none() {
                let hint = did_you_mean(&name, names());
                return Err(Error::usage(format!("{place}: `{name}` is no template of the report{hint}")));
            }
        }
        Ok(Self::new(Some(folder.to_owned())))
    }

    fn new(folder: Option<PathBuf>) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
            environment.set_syntax(syntax);
        }
        environment.set_loader(move |name| {
            // A name with a path in it is none of ours.
            let own = folder.as_ref().filter(|_| BUILT_IN.get_file(name).is_some()).map(|folder| folder.join(name));
            if let Some(own) = own.filter(|own| own.is_file()) {
                let text = std::fs::read_to_string(&own).map_err(|error| {
                    minijinja::Error::new(
                        ErrorKind::InvalidOperation,
                        format!("{} cannot be read: {error}", own.display()),
                    )
                })?;
                return Ok(Some(text));
            }
            Ok(BUILT_IN.get_file(name).and_then(|file| file.contents_utf8()).map(str::to_owned))
        });
        Self(environment)
    }

    /// The text of a file that is no template, as the style.
    ///
    /// # Errors
    /// As [`Templates::render`].
    pub(super) fn source(&self, name: &str) -> Result<String> {
        let template = self.0.get_template(name).map_err(|error| Error::usage(told(name, &error)))?;
        Ok(template.source().to_owned())
    }

    /// Renders a template.
    ///
    /// # Errors
    /// [`Error::Usage`] where a template is missing or wrong: the message
    /// names it, its line, and what is wrong.
    pub(super) fn render(&self, name: &str, context: Value) -> Result<String> {
        self.0
            .get_template(name)
            .and_then(|template| template.render(context))
            .map_err(|error| Error::usage(told(name, &error)))
    }
}

fn names() -> Vec<&'static str> {
    BUILT_IN.files().filter_map(|file| file.path().to_str()).collect()
}

fn told(name: &str, error: &minijinja::Error) -> String {
    let mut place = error.name().unwrap_or(name).to_owned();
    if let Some(line) = error.line() {
        place.push_str(&format!(", line {line}"));
    }
    let mut text = format!("the template {place}: {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_template_is_well_formed() {
        let templates = Templates::built_in();
        for name in names() {
            templates.0.get_template(name).unwrap();
        }
    }

    #[test]
    fn a_folder_may_replace_a_template_but_not_invent_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pagina.html"), "eigen {{ 1 + 1 }}").unwrap();
        let templates = Templates::with_folder(folder.path()).unwrap();
        assert_eq!(templates.render("pagina.html", Value::UNDEFINED).unwrap(), "eigen 2");
        std::fs::write(folder.path().join("pagna.html"), "").unwrap();
        let error = Templates::with_folder(folder.path()).unwrap_err().to_string();
        assert!(error.contains("pagna.html") && error.contains("did you mean `pagina.html`"), "{error}");
    }

    #[test]
    fn a_wrong_template_is_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pagina.html"), "een\n{{ nergens }}").unwrap();
        let error = Templates::with_folder(folder.path()).unwrap().render("pagina.html", Value::from(())).unwrap_err();
        assert!(matches!(error, Error::Usage(_)));
        assert!(error.to_string().contains("pagina.html, line 2"), "{error}");
    }
}
