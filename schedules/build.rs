//! Builds the crate again when one of the jobs that it carries is added,
//! changed or removed.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=jobs");
}
