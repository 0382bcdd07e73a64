//! How a guest behaves that sites like to have: what the real program asks for, and what it leaves be.

mod secure;

/// What every configuration here begins with: loopback is allowed, mail goes into a folder.
const HEAD: &str = r#"
timezone = "UTC"
[http]
allow_private_addresses = ["127.0.0.1/32"]
[mail]
from = "Vahti <vahti@acme.example>"
outbox_dir = "outbox"
[[brand]]
name = "Acme"
keywords = ["Acme"]
"#;
