//! SHA-256's compression of several blocks at once, for processors without instructions for it.
//!
//! `sha2` has the plain form, and it is the oracle of this one. WebAssembly has no SHA
//! instructions, and one compression after the other leaves three of its four lanes idle.
//! FIPS 180-4 §6.2.2.

use wide::u32x8;

use super::chacha_lanes::LANES;

/// FIPS 180-4 §4.2.2.
#[rustfmt::skip]
const ROUND_CONSTANTS: [u32; 64] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
];

/// Compresses block `lane` into state `lane`, for every lane.
pub(crate) fn compress(states: &mut [[u32; 8]; LANES], blocks: &[[u8; 64]; LANES]) {
    let mut schedule: [u32x8; 16] = core::array::from_fn(|at| {
        u32x8::new(blocks.each_ref().map(|block| u32::from_be_bytes(block.as_chunks().0[at])))
    });
    let initial: [u32x8; 8] = core::array::from_fn(|at| u32x8::new(states.each_ref().map(|state| state[at])));
    let mut state = initial;
    for (nth, constants) in ROUND_CONSTANTS.as_chunks::<16>().0.iter().enumerate() {
        for (at, &constant) in constants.iter().enumerate() {
            if nth > 0 {
                let (early, late) = (schedule[(at + 1) % 16], schedule[(at + 14) % 16]);
                schedule[at] +=
                    small_sigma::<7, 18, 3>(early) + schedule[(at + 9) % 16] + small_sigma::<17, 19, 10>(late);
            }
            round(&mut state, schedule[at] + u32x8::splat(constant));
        }
    }
    for (at, (row, initial)) in state.into_iter().zip(initial).enumerate() {
        for (state, word) in states.iter_mut().zip((row + initial).to_array()) {
            state[at] = word;
        }
    }
}

#[inline(always)]
fn round(state: &mut [u32x8; 8], word: u32x8) {
    let [a, b, c, d, e, f, g, h] = *state;
    let choice = g ^ (e & (f ^ g));
    let majority = (a & b) | (c & (a | b));
    let first = h + big_sigma::<6, 11, 25>(e) + choice + word;
    let second = big_sigma::<2, 13, 22>(a) + majority;
    *state = [first + second, a, b, c, d + first, e, f, g];
}

#[inline(always)]
fn big_sigma<const A: u32, const B: u32, const C: u32>(row: u32x8) -> u32x8 {
    rotate_right::<A>(row) ^ rotate_right::<B>(row) ^ rotate_right::<C>(row)
}

#[inline(always)]
fn small_sigma<const A: u32, const B: u32, const SHIFT: u32>(row: u32x8) -> u32x8 {
    rotate_right::<A>(row) ^ rotate_right::<B>(row) ^ (row >> SHIFT)
}

#[inline(always)]
fn rotate_right<const BITS: u32>(row: u32x8) -> u32x8 {
    (row >> BITS) | (row << (32 - BITS))
}

#[cfg(test)]
mod tests {
    use sha2::block_api::compress256;

    use super::*;

    #[test]
    fn lanes_agree_with_the_plain_form() {
        let mut word = 1u32;
        let mut next = || {
            word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            word >> 8
        };
        for _ in 0..200 {
            let blocks: [[u8; 64]; LANES] = core::array::from_fn(|_| core::array::from_fn(|_| next() as u8));
            let states: [[u32; 8]; LANES] = core::array::from_fn(|_| core::array::from_fn(|_| next() << 8 ^ next()));
            let mut found = states;
            compress(&mut found, &blocks);
            for lane in 0..LANES {
                let mut expected = states[lane];
                compress256(&mut expected, &[blocks[lane]]);
                assert_eq!(found[lane], expected);
            }
        }
    }
}
