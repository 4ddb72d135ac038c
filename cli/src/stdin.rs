//! Input that can be left: a read that waits for standard input or a pipe hears of Ctrl-C too.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    thread,
    time::Duration,
};

use crate::interrupt;

/// Interval at which a waiting read checks for a requested stop.
const PATIENCE: Duration = Duration::from_millis(100);
/// Bytes that are read at once.
const PIECE: usize = 1 << 16;

/// Standard input or a pipe, read by a thread of its own.
pub(crate) struct Stdin {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: Vec<u8>,
    taken: usize,
}

impl Stdin {
    pub(crate) fn new() -> Self {
        Self::reading(|| Ok(io::stdin()))
    }

    /// Opens a file that may be a pipe, for which opening can wait as well.
    pub(crate) fn of(path: &Path) -> Self {
        let path = path.to_owned();
        Self::reading(move || File::open(path))
    }

    fn reading<R: Read>(open: impl FnOnce() -> io::Result<R> + Send + 'static) -> Self {
        // A bounded queue: a fast writer waits until we catch up.
        let (sender, pieces) = sync_channel(4);
        thread::spawn(move || {
            let mut input = match open() {
                Ok(input) => input,
                // Nobody is left to hear of it if this cannot be sent.
                Err(error) => return drop(sender.send(Err(error))),
            };
            loop {
                let mut piece = vec![0; PIECE];
                let read = match input.read(&mut piece) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    read => read,
                };
                let ended = !matches!(read, Ok(1..));
                let sent = sender.send(read.map(|length| {
                    piece.truncate(length);
                    piece
                }));
                if ended || sent.is_err() {
                    return;
                }
            }
        });
        Self { pieces, piece: Vec::new(), taken: 0 }
    }
}

impl Read for Stdin {
    /// # Errors
    /// The system's error about standard input, or a requested stop while there is nothing to read.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.piece.len() {
            match self.pieces.recv_timeout(PATIENCE) {
                Ok(piece) => {
                    (self.piece, self.taken) = (piece?, 0);
                    // The thread ends with an empty piece, or with an error.
                    if self.piece.is_empty() {
                        return Ok(0);
                    }
                }
                Err(RecvTimeoutError::Timeout) if interrupt::requested() => {
                    return Err(io::Error::other("interrupted"));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(0),
            }
        }
        let length = buffer.len().min(self.piece.len() - self.taken);
        buffer[..length].copy_from_slice(&self.piece[self.taken..][..length]);
        self.taken += length;
        Ok(length)
    }
}
