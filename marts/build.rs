//! Builds the crate again when one of the files that it carries is added,
//! changed or removed.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=models");
    println!("cargo::rerun-if-changed=indicators");
    println!("cargo::rerun-if-changed=rules");
}
