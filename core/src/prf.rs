//! HMAC-SHA-256 of short messages under one key. SPEC §5.2.
//!
//! The same function as `hmac::Hmac<Sha256>`, which the tests hold it to. It is written over the bare compression
//! function because the PRF is most of what scoring costs: two compressions a context and nothing beside them.

use sha2::block_api::compress256;
use zeroize::{Zeroize, ZeroizeOnDrop};

const BLOCK: usize = 64;
/// Padding of a message: a one bit and the length, 8 bytes.
const PADDING: usize = 9;
/// SHA-256's initial state, FIPS 180-4 §5.3.3.
const INITIAL: [u32; 8] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
];

/// HMAC with its key block absorbed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Prf {
    inner: [u32; 8],
    outer: [u32; 8],
}

impl Prf {
    /// The longest message: two blocks less the padding.
    pub(crate) const MAX_MESSAGE: usize = 2 * BLOCK - PADDING;

    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let absorbed = |pad: u8| {
            let mut block = [pad; BLOCK];
            for (byte, key) in block.iter_mut().zip(key) {
                *byte ^= key;
            }
            let mut state = INITIAL;
            compress256(&mut state, &[block]);
            block.zeroize();
            state
        };
        Self { inner: absorbed(0x36), outer: absorbed(0x5c) }
    }

    /// HMAC(key, message), the message at most [`MAX_MESSAGE`](Self::MAX_MESSAGE) bytes.
    pub(crate) fn mac(&self, message: &[u8]) -> [u8; 32] {
        debug_assert!(message.len() <= Self::MAX_MESSAGE);
        let mut state = self.inner;
        let mut blocks = [[0; BLOCK]; 2];
        let bytes = blocks.as_flattened_mut();
        bytes[..message.len()].copy_from_slice(message);
        let used = if message.len() + PADDING <= BLOCK { 1 } else { 2 };
        pad(&mut bytes[..used * BLOCK], message.len());
        compress256(&mut state, &blocks[..used]);

        let mut block = [0; BLOCK];
        write_state(&state, &mut block);
        pad(&mut block, 32);
        state = self.outer;
        compress256(&mut state, &[block]);
        let mut tag = [0; 32];
        write_state(&state, &mut tag);
        tag
    }
}

/// Ends `blocks`, zeroed after `message` bytes, as FIPS 180-4 §5.1.1 wants it. A key block of 64 bytes went before.
fn pad(blocks: &mut [u8], message: usize) {
    blocks[message] = 0x80;
    let bits = 8 * (BLOCK + message) as u64;
    let end = blocks.len();
    blocks[end - 8..].copy_from_slice(&bits.to_be_bytes());
}

fn write_state(state: &[u32; 8], bytes: &mut [u8]) {
    for (slot, word) in bytes.chunks_exact_mut(4).zip(state) {
        slot.copy_from_slice(&word.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha256;

    use super::*;

    #[test]
    fn is_hmac_sha256() {
        let message: Vec<u8> = (0..Prf::MAX_MESSAGE).map(|i| (i * 7) as u8).collect();
        for key in [[0; 32], [0xff; 32], core::array::from_fn(|i| i as u8)] {
            let prf = Prf::new(&key);
            for len in 0..=message.len() {
                let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length");
                mac.update(&message[..len]);
                assert_eq!(prf.mac(&message[..len]), <[u8; 32]>::from(mac.finalize().into_bytes()), "length {len}");
            }
        }
    }
}
