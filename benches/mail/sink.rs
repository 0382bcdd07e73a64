//! A mail server that takes everything at once and notes when: each connection a thread, no delay on the line.

use std::io::{BufRead, BufReader, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

/// A message, when its acceptance was said.
#[derive(Clone)]
pub(crate) struct Taken {
    pub(crate) at: Instant,
    pub(crate) raw: Vec<u8>,
}

#[derive(Clone)]
pub(crate) struct Sink {
    pub(crate) port: u16,
    taken: Arc<Mutex<Vec<Taken>>>,
}

impl Sink {
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let sink = Self { port: listener.local_addr()?.port(), taken: Arc::default() };
        let shared = sink.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                // A client that leaves ends its conversation.
                thread::spawn(move || drop(shared.session(stream)));
            }
        });
        Ok(sink)
    }

    pub(crate) fn count(&self) -> usize {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Hands over what was taken since the last time.
    pub(crate) fn take(&self) -> Vec<Taken> {
        std::mem::take(&mut *self.taken.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn session(&self, mut stream: TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream.try_clone()?);
        stream.write_all(b"220 sink\r\n")?;
        let mut line = String::new();
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let answer = match line.split([' ', '\r']).next().unwrap_or_default() {
                "EHLO" => "250-sink\r\n250 8BITMIME\r\n",
                "DATA" => {
                    stream.write_all(b"354 go on\r\n")?;
                    let raw = message(&mut reader)?;
                    stream.write_all(b"250 2.0.0 taken\r\n")?;
                    let taken = Taken { at: Instant::now(), raw };
                    self.taken.lock().unwrap_or_else(PoisonError::into_inner).push(taken);
                    continue;
                }
                "QUIT" => return stream.write_all(b"221 bye\r\n"),
                _ => "250 fine\r\n",
            };
            stream.write_all(answer.as_bytes())?;
        }
    }
}

/// Reads a message up to the dot that ends it.
fn message(reader: &mut impl BufRead) -> Result<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        let start = message.len();
        if reader.read_until(b'\n', &mut message)? == 0 || message.get(start..) == Some(b".\r\n") {
            message.truncate(start);
            return Ok(message);
        }
    }
}
