//! What hostile servers try, and what is never reached or told.

use super::*;

/// 64 MiB of one letter in 420 KiB, without head and tail, by fixed codes: a literal, then copies of
/// 258 bytes.
fn bomb() -> Vec<u8> {
    let mut bits = vec![0, 1, 0]; // not the last block, fixed codes
    bits.extend([1, 0, 0, 1, 0, 0, 0, 1]); // the literal `a`
    for _ in 0..260_000 {
        bits.extend([1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]); // length 258, distance 1
    }
    let bytes = bits.chunks(8).map(|bits| bits.iter().rev().fold(0, |byte, bit| byte << 1 | bit));
    bytes.collect()
}

fn gzip_bomb() -> Vec<u8> {
    [&[31, 139, 8, 0, 0, 0, 0, 0, 0, 255], bomb().as_slice()].concat()
}

fn deflate_bomb() -> Vec<u8> {
    [&[120, 156], bomb().as_slice()].concat()
}

/// 64 MiB of one letter in 102 bytes.
const BR_BOMB: &[u8] = &[
    0xcb, 0xff, 0xff, 0x3f, 0x00, 0x24, 0xc2, 0xe2, 0xb1, 0x40, 0x72, 0xef, 0xff, 0xf8, 0xff, 0xff,
    0x07, 0x80, 0x04, 0x40, 0x1c, 0x16, 0x80, 0xee, 0xfd, 0x1f, 0xff, 0xff, 0xff, 0x00, 0x90, 0x00,
    0x88, 0xc3, 0x02, 0xd0, 0xbd, 0xff, 0xe3, 0xff, 0xff, 0x1f, 0x00, 0x12, 0x00, 0x71, 0x58, 0x00,
    0xba, 0xf7, 0x7f, 0xfc, 0xff, 0xff, 0x03, 0x40, 0x02, 0x20, 0x0e, 0x0b, 0x40, 0xf7, 0xfe, 0x8f,
    0xff, 0xff, 0x7f, 0x00, 0x48, 0x00, 0xc4, 0x61, 0x01, 0xe8, 0xde, 0xff, 0xf1, 0xff, 0xff, 0x0f,
    0x00, 0x09, 0x80, 0x38, 0x2c, 0x00, 0xdd, 0xfb, 0x3f, 0xfe, 0xff, 0xff, 0x01, 0x20, 0x01, 0x10,
    0x87, 0x05, 0xa0, 0x7b, 0xff, 0x37,
];

/// A GiB of one letter in 32 KiB: blocks that say "this, 128 Ki times".
fn zstd_bomb() -> Vec<u8> {
    let block = [2, 0, 0x10, b'a'];
    [b"\x28\xb5\x2f\xfd\x00\x58".as_slice(), &block.repeat(8192)].concat()
}

#[tokio::test]
async fn bombs_and_bodies_too_large_are_refused_quickly() {
    let server = Server::start(|path, _| match path {
        "/gzip" => Answer::ok(&["Content-Encoding: gzip"], &gzip_bomb()),
        "/deflate" => Answer::ok(&["Content-Encoding: deflate"], &deflate_bomb()),
        "/br" => Answer::ok(&["Content-Encoding: br"], BR_BOMB),
        "/zstd" => Answer::ok(&["Content-Encoding: zstd"], &zstd_bomb()),
        "/declared" => Answer::raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
        "/endless" => {
            Answer::raw(&[b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &vec![b'a'; 11 << 20]].concat())
        }
        _ => Answer::ok(&[], &vec![b'a'; 10 << 20]),
    })
    .await;
    let fetcher = fetcher(|_| ());
    for path in ["/gzip", "/deflate", "/br", "/zstd", "/declared", "/endless"] {
        let began = Instant::now();
        let error = refusal(&fetcher, &server.url(path)).await;
        assert!(matches!(error, FetchError::TooLarge { .. }), "{path}: {error}");
        assert!(began.elapsed() < Duration::from_secs(10), "{path}: {:?}", began.elapsed());
    }
    assert_eq!(body(&fetcher, &server.url("/just-fits")).await.len(), 10 << 20);
}

#[tokio::test]
async fn the_time_of_a_fetch_is_limited_as_a_whole() {
    let server = Server::start(|path, _| match path.len() {
        // One byte in a while keeps every timeout between bytes from firing.
        1 => Answer::ok(&[], &[b'a'; 1000]).dripping(),
        2 => Answer::raw(b"").after(Duration::from_mins(1)),
        _ => Answer::redirect("302 Found", &format!("{path}x")).after(Duration::from_millis(150)),
    })
    .await;
    let fetcher = fetcher(|settings| settings.timeout = Duration::from_millis(400));
    for path in ["/", "/s", "/chain"] {
        let began = Instant::now();
        let error = refusal(&fetcher, &server.url(path)).await;
        assert!(matches!(error, FetchError::Timeout { .. }), "{path}: {error}");
        assert!(began.elapsed() < Duration::from_secs(3), "{path}: {:?}", began.elapsed());
        assert_eq!(error.retry(), Retry::Soon);
    }
}

#[tokio::test]
async fn private_addresses_are_refused_in_every_spelling() {
    let server = Server::start(|_, _| Answer::ok(&[], b"secret")).await;
    let port = server.address.port();
    let outsider = fetcher(|settings| settings.allow_private = Allowed::Nobody);
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "127.0.0.1.",
        "①②⑦.0.0.1",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "0.0.0.0",
        "0",
        "localhost",
        "LOCALHOST",
        "x@127.0.0.1",
        "169.254.169.254",
        "[64:ff9b::7f00:1]",
    ] {
        let error = refusal(&outsider, &format!("http://{host}:{port}/")).await;
        assert!(matches!(error, FetchError::Private { .. }), "{host}: {error}");
    }
    let elsewhere = Allowed::Networks(vec![Network::parse("127.0.0.2/32").unwrap()]);
    let request = Request { allow_private: Some(elsewhere), ..request(&server.url("/")) };
    let insider = fetcher(|_| ());
    assert!(matches!(insider.fetch(&request, None).await, Err(FetchError::Private { .. })));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn allowed_private_addresses_are_reached_by_number_and_by_name() {
    let server = Server::start(|_, _| Answer::ok(&[], b"hello")).await;
    let port = server.address.port();
    let insider = fetcher(|_| ());
    for host in ["127.0.0.1", "0x7f.1", "localhost"] {
        assert_eq!(body(&insider, &format!("http://{host}:{port}/")).await, "hello", "{host}");
    }
    let outsider = fetcher(|settings| settings.allow_private = Allowed::Nobody);
    let request = Request { allow_private: Some(Allowed::All), ..request(&server.url("/")) };
    assert!(outsider.fetch(&request, None).await.is_ok(), "the source's own setting");
}

#[tokio::test]
async fn a_redirect_to_a_private_address_is_refused() {
    let hidden = Server::start(|_, _| Answer::ok(&[], b"secret")).await;
    let port = hidden.address.port();
    let server = Server::start(move |path, _| {
        Answer::redirect("302 Found", &format!("http://{}:{port}/", path.trim_start_matches('/')))
    })
    .await;
    for host in ["127.0.0.2", "0x7f000002", "10.0.0.1", "[::1]"] {
        let error = refusal(&fetcher(|_| ()), &server.url(&format!("/{host}"))).await;
        assert!(matches!(error, FetchError::Private { .. }), "{host}: {error}");
    }
    assert_eq!(hidden.connections(), 0);
}

#[tokio::test]
async fn no_error_tells_a_secret() {
    let server = Server::start(|path, _| match path.split('?').next().unwrap() {
        "/broken" => Answer::raw(b"nonsense\r\n\r\n"),
        "/short" => {
            Answer::raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nx")
        }
        "/gzip" => Answer::ok(&["Content-Encoding: gzip"], b"this is not gzip"),
        "/loop" => Answer::redirect("302 Found", "/loop?s3cr3t"),
        "/away" => Answer::redirect("302 Found", "http://10.0.0.1/?s3cr3t"),
        "/large" => Answer::ok(&[], &[b'a'; 100]),
        "/slow" => Answer::ok(&[], b"").after(Duration::from_secs(9)),
        _ => Answer::new("500 Broken", &[], b""),
    })
    .await;
    let fetcher = fetcher(|settings| {
        settings.timeout = Duration::from_millis(500);
        settings.most_bytes = 50;
    });
    let port = server.address.port();
    let mut seen = Vec::new();
    for path in ["broken", "short", "gzip", "loop", "away", "large", "slow", "status"] {
        seen.push(
            refusal(&fetcher, &format!("http://s3cr3t:s3cr3t@127.0.0.1:{port}/{path}?s3cr3t"))
                .await,
        );
    }
    for host in ["127.0.0.1:1", "name.invalid", "127.0.0.2"] {
        seen.push(refusal(&fetcher, &format!("http://s3cr3t:s3cr3t@{host}/?s3cr3t")).await);
    }
    for path in ["broken", "ok", "status"] {
        let location = format!("http://s3cr3t:s3cr3t@127.0.0.1:{port}/{path}?s3cr3t");
        let page = Request { heeds_robots: true, ..request(&location) };
        seen.push(fetcher.fetch(&page, None).await.unwrap_err());
    }
    let without_certificates = |error: &FetchError| matches!(error, FetchError::Setup(_));
    seen.push(refusal(&fetcher, &format!("https://s3cr3t:s3cr3t@127.0.0.1:{port}/?s3cr3t")).await);
    for error in &seen {
        assert!(std::error::Error::source(error).is_none(), "it holds its cause: {error}");
        let told = format!("{error} {error:?}");
        assert!(!told.contains("s3cr3t"), "{told}");
        let named = ["127.0.0", "name.invalid", "10.0.0.1"].iter().any(|host| told.contains(host));
        assert!(named || without_certificates(error), "{told}");
    }
    let kinds: Vec<_> = seen.iter().map(std::mem::discriminant).collect();
    let broken = std::mem::discriminant(&seen[0]);
    assert!(kinds[..3].iter().all(|kind| *kind == broken), "{:?}", &seen[..3]);
    assert!(
        seen[8..10].iter().all(|error| matches!(error, FetchError::Connect { .. })),
        "{:?}",
        &seen[8..10]
    );
}
