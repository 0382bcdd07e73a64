//! Which addresses may be asked. Loopback, private and other special networks are refused unless the
//! operator allows them, or whoever writes a feed could make vahti speak to its neighbours.
//!
//! The address that is checked is the one that is connected to: literal addresses are checked before
//! each request, names by the client's own resolver, which hands on only permitted addresses.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use url::{Host, Url};

/// Names looked up at once. A look-up of a dead name holds its thread for up to half a minute, and
/// threads of this kind are 512.
const MOST_LOOKUPS: usize = 256;

/// How long it is remembered whether a name leads to private addresses.
const KIND_KEPT: Duration = Duration::from_mins(5);

/// Names of which that is remembered.
const MOST_KINDS: usize = 16_384;

/// The private networks that may be asked. Public addresses always may.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Allowed {
    #[default]
    Nobody,
    All,
    Networks(Vec<Network>),
}

impl Allowed {
    /// Tells whether `address` may be connected to.
    pub fn permits(&self, address: IpAddr) -> bool {
        match self {
            Self::All => true,
            _ if is_public(address) => true,
            Self::Nobody => false,
            Self::Networks(networks) => networks.iter().any(|network| network.contains(address)),
        }
    }
}

/// A block of addresses, such as `127.0.0.1/32` or `fd00::/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    /// Reads `ADDRESS/BITS`; an address alone means only itself.
    ///
    /// # Errors
    ///
    /// Says what is wrong with `text`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| {
            format!("`{text}` is no network: write an address and its bits, such as `127.0.0.1/32`")
        })?;
        let most: u32 = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match bits.map(str::parse::<u32>) {
            None => most,
            Some(Ok(bits)) if bits <= most => bits,
            Some(_) => {
                return Err(format!(
                    "`{text}` is no network: after `/` stands a number from 0 to {most}"
                ));
            }
        };
        let canonical = address.to_canonical();
        if canonical.is_ipv4() && address.is_ipv6() {
            // `::ffff:10.0.0.0/104` means 10.0.0.0/8; with fewer than 96 bits it is no IPv4 network.
            return match prefix.checked_sub(96) {
                Some(prefix) => Ok(Self { address: canonical, prefix }),
                None => Err(format!("`{text}` is no network: write IPv4 addresses as such")),
            };
        }
        Ok(Self { address, prefix })
    }

    fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differing = own.to_bits() ^ other.to_bits();
                differing.leading_zeros() >= self.prefix
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differing = own.to_bits() ^ other.to_bits();
                differing.leading_zeros() >= self.prefix
            }
            _ => false,
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// Tells whether `address` belongs to somebody on the public internet.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// After the IANA registry of special-purpose addresses.
fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        [0 | 10 | 127 | 224..=255, ..]
            | [100, 64..=127, ..] // shared by the customers of a provider
            | [169, 254, ..] // link-local, with the metadata services of clouds
            | [172, 16..=31, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [192, 168, ..]
            | [198, 18..=19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let inner = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        // Gateways to IPv4: as public as what they lead to.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => inner(high, low),
        // Teredo and other protocol assignments; documentation.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

/// Said of an address that may not be connected to.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the address {0} is private")]
pub(super) struct NotAllowed(pub(super) IpAddr);

/// Looks names up for the client, and knows only permitted addresses.
#[derive(Debug, Clone)]
pub(super) struct Resolver {
    allowed: Arc<Allowed>,
    lookups: Arc<Semaphore>,
    /// Whether names were private when last looked up. It decides on the pace only, never on access.
    kinds: Arc<Mutex<HashMap<String, (bool, Instant)>>>,
}

impl Resolver {
    pub(super) fn new(allowed: Allowed) -> Self {
        let lookups = Arc::new(Semaphore::new(MOST_LOOKUPS));
        Self { allowed: Arc::new(allowed), lookups, kinds: Arc::default() }
    }

    /// Tells whether `url` leads to private addresses only, as far as can be told within `limit`.
    pub(super) async fn is_private(&self, url: &Url, limit: Duration) -> bool {
        let name = match url.host() {
            Some(Host::Ipv4(address)) => return !is_public(address.into()),
            Some(Host::Ipv6(address)) => return !is_public(address.into()),
            // Then a name leads to public addresses or nowhere.
            Some(Host::Domain(_)) | None if *self.allowed == Allowed::Nobody => return false,
            Some(Host::Domain(name)) => name.to_owned(),
            None => return false,
        };
        let known = self.kinds().get(&name).filter(|(_, at)| at.elapsed() < KIND_KEPT).copied();
        if let Some((private, _)) = known {
            return private;
        }
        let found = tokio::time::timeout(limit, self.permitted(name.clone())).await;
        let private =
            matches!(found, Ok(Ok(found)) if found.iter().all(|found| !is_public(found.ip())));
        let mut kinds = self.kinds();
        if kinds.len() >= MOST_KINDS {
            kinds.clear();
        }
        kinds.insert(name, (private, Instant::now()));
        private
    }

    fn kinds(&self) -> std::sync::MutexGuard<'_, HashMap<String, (bool, Instant)>> {
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the permitted addresses of `name`, at least one.
    pub(super) async fn permitted(
        &self,
        name: String,
    ) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let permit = Arc::clone(&self.lookups).acquire_owned().await?;
        let found = tokio::task::spawn_blocking(move || {
            // Held by the thread, which goes on when nobody waits for it any more.
            let _permit = permit;
            (name.as_str(), 0).to_socket_addrs().map(Iterator::collect::<Vec<_>>)
        })
        .await??;
        let refused =
            found.iter().map(SocketAddr::ip).find(|address| !self.allowed.permits(*address));
        let permitted: Vec<SocketAddr> =
            found.into_iter().filter(|found| self.allowed.permits(found.ip())).collect();
        match refused {
            Some(address) if permitted.is_empty() => Err(NotAllowed(address).into()),
            None if permitted.is_empty() => {
                Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address").into())
            }
            _ => Ok(permitted),
        }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let permitted = resolver.permitted(name.as_str().to_owned()).await?;
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn special_networks_are_not_public() {
        for special in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(address(special)), "{special}");
            assert!(!Allowed::Nobody.permits(address(special)), "{special}");
            assert!(Allowed::All.permits(address(special)), "{special}");
        }
    }

    #[test]
    fn all_else_is_public() {
        for public in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
            "2002:101:101::1",
            "2001:200::1",
            "2600::1",
            "2a00:1450:4026::1",
        ] {
            assert!(is_public(address(public)), "{public}");
            assert!(Allowed::Nobody.permits(address(public)), "{public}");
        }
    }

    #[test]
    fn a_network_allows_what_lies_in_it() {
        let check = |network: &str, inside: &[&str], outside: &[&str]| {
            let allowed = Allowed::Networks(vec![Network::parse(network).unwrap()]);
            for text in inside {
                assert!(allowed.permits(address(text)), "{text} in {network}");
            }
            for text in outside {
                assert!(!allowed.permits(address(text)), "{text} outside {network}");
            }
        };
        check(
            "127.0.0.1/32",
            &["127.0.0.1", "::ffff:127.0.0.1", "8.8.8.8"],
            &["127.0.0.2", "::1", "10.0.0.1"],
        );
        check("127.0.0.1", &["127.0.0.1"], &["127.0.0.2"]);
        check("10.0.0.0/8", &["10.255.0.1"], &["127.0.0.1", "192.168.0.1"]);
        check("0.0.0.0/0", &["10.0.0.1", "127.0.0.1"], &["::1"]);
        check("::1/128", &["::1"], &["127.0.0.1", "::2"]);
        check("fd00::/8", &["fd12:3456::1"], &["fc00::1", "fe80::1"]);
        check("::/0", &["::1", "fe80::1"], &["127.0.0.1"]);
        check("::ffff:10.0.0.0/104", &["10.1.1.1"], &["127.0.0.1"]);
    }

    #[test]
    fn a_faulty_network_is_refused() {
        for text in [
            "",
            "/",
            "localhost",
            "127.0.0.1/33",
            "127.0.0.1/-1",
            "::1/129",
            "10/8",
            "1.2.3.4/",
            "::ffff:0.0.0.0/8",
        ] {
            assert!(Network::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_ipv4_address_is_as_public_mapped_into_ipv6(bits: u32) {
            let plain = Ipv4Addr::from_bits(bits);
            prop_assert_eq!(is_public(plain.into()), is_public(plain.to_ipv6_mapped().into()));
        }

        #[test]
        fn a_network_always_holds_its_own_address(bits: u128, prefix in 0u32..=128) {
            let own = Ipv6Addr::from_bits(bits);
            prop_assume!(own.to_ipv4_mapped().is_none());
            let network = Network::parse(&format!("{own}/{prefix}")).unwrap();
            prop_assert!(network.contains(own.into()));
        }
    }
}
