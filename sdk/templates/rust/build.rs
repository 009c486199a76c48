// SPDX-License-Identifier: Apache-2.0
fn main() {
    // A plugin is never unloaded.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
