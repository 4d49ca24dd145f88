//! ClickHouse's own compression, which `compress=1` and `decompress=1` ask for: blocks of a CityHash
//! checksum (16 bytes, the old CityHash 1.0.2), a method byte, the sizes packed and unpacked, data.
//! <https://clickhouse.com/docs/reference/interfaces/specs/NativeFormat#frame-format>

use super::exception::{CANNOT_DECOMPRESS, Exception};

const CHECKSUM: usize = 16;
/// Method byte and the two sizes; the packed size counts them too.
const HEADER: usize = 9;
const NONE: u8 = 0x02;
const LZ4: u8 = 0x82;
const ZSTD: u8 = 0x90;
/// Bounds the memory that one block of a request may ask for; clients cut at 1 MiB or less.
const LARGEST: usize = 256 << 20;
/// How much goes into a block that is sent, as ClickHouse does.
const PIECE: usize = 1 << 20;

/// Packs bytes into LZ4 blocks.
pub(super) fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(bytes.len() / 2 + 64);
    for piece in bytes.chunks(PIECE) {
        let data = lz4_flex::block::compress(piece);
        let start = packed.len();
        packed.extend_from_slice(&[0; CHECKSUM]);
        packed.push(LZ4);
        // Both are at most a little over PIECE.
        packed.extend_from_slice(&((data.len() + HEADER) as u32).to_le_bytes());
        packed.extend_from_slice(&(piece.len() as u32).to_le_bytes());
        packed.extend_from_slice(&data);
        let sum = checksum(&packed[start + CHECKSUM..]);
        packed[start..start + CHECKSUM].copy_from_slice(&sum);
    }
    packed
}

/// Unpacks blocks that come cut anywhere.
#[derive(Default)]
pub(super) struct Unpacker {
    pending: Vec<u8>,
}

impl Unpacker {
    /// Takes bytes and gives what they complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Exception> {
        self.pending.extend_from_slice(bytes);
        let mut unpacked = Vec::new();
        let mut at = 0;
        while let Some(size) = self.block_size(at)? {
            let block = &self.pending[at..at + size];
            unpack(block, &mut unpacked)?;
            at += size;
        }
        self.pending.drain(..at);
        Ok(unpacked)
    }

    /// Refuses a stream that ends inside a block.
    pub(super) fn finish(&self) -> Result<(), Exception> {
        if self.pending.is_empty() {
            return Ok(());
        }
        Err(broken("the compressed data ends inside a block"))
    }

    /// The size of the block at a position, once all of it is there.
    fn block_size(&self, at: usize) -> Result<Option<usize>, Exception> {
        let Some(header) = self.pending.get(at + CHECKSUM..at + CHECKSUM + HEADER) else {
            return Ok(None);
        };
        let (packed, unpacked) = (size_at(header, 1), size_at(header, 5));
        if !(HEADER..=LARGEST).contains(&packed) || unpacked > LARGEST {
            return Err(broken(&format!(
                "a compressed block claims {packed} bytes for {unpacked}; the most is {LARGEST}"
            )));
        }
        let size = CHECKSUM + packed;
        Ok((self.pending.len() - at >= size).then_some(size))
    }
}

fn unpack(block: &[u8], into: &mut Vec<u8>) -> Result<(), Exception> {
    let (sum, rest) = block.split_at(CHECKSUM);
    if checksum(rest) != sum {
        return Err(broken("the checksum of a compressed block is wrong"));
    }
    let size = size_at(rest, 5);
    let data = &rest[HEADER..];
    let unpacked = match rest[0] {
        NONE => data.to_vec(),
        LZ4 => lz4_flex::block::decompress(data, size)
            .map_err(|error| broken(&format!("a compressed block is no LZ4: {error}")))?,
        ZSTD => zstd::bulk::decompress(data, size)
            .map_err(|error| broken(&format!("a compressed block is no zstd: {error}")))?,
        method => {
            return Err(broken(&format!(
                "the compression method {method:#04x} is unknown; known are 0x02, 0x82 (LZ4), 0x90 (zstd)"
            )));
        }
    };
    if unpacked.len() != size {
        return Err(broken("a compressed block has another size than it says"));
    }
    into.extend_from_slice(&unpacked);
    Ok(())
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    // ClickHouse writes the low half first.
    cityhash_rs::cityhash_102_128(bytes)
        .rotate_right(64)
        .to_le_bytes()
}

fn size_at(bytes: &[u8], at: usize) -> usize {
    let mut size = [0; 4];
    size.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(size) as usize
}

fn broken(message: &str) -> Exception {
    Exception::new(CANNOT_DECOMPRESS, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_come_back_however_they_are_cut() {
        let data: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        let packed = pack(&data);
        for size in [1 << 10, 100_003, packed.len()] {
            let mut unpacker = Unpacker::default();
            let mut whole = Vec::new();
            for piece in packed.chunks(size) {
                whole.extend(unpacker.push(piece).unwrap());
            }
            unpacker.finish().unwrap();
            assert!(whole == data);
        }
    }

    #[test]
    fn the_layout_is_the_one_of_the_client() {
        // From the tests of the crate clickhouse 0.15.3.
        let data = [
            1_u8, 0, 2, 255, 255, 255, 255, 0, 1, 1, 1, 115, 6, 83, 116, 114, 105, 110, 103, 3, 97,
            98, 99,
        ];
        let packed = pack(&data);
        assert_eq!(
            packed[..25],
            [
                245, 5, 222, 235, 225, 158, 59, 108, 225, 31, 65, 215, 66, 66, 36, 92, 130, 34, 0,
                0, 0, 23, 0, 0, 0
            ]
        );
    }

    #[test]
    fn damage_is_seen() {
        let packed = pack(b"some bytes");
        for at in 0..packed.len() {
            let mut damaged = packed.clone();
            damaged[at] ^= 1;
            let mut unpacker = Unpacker::default();
            let outcome = unpacker.push(&damaged).and_then(|_| unpacker.finish());
            assert!(outcome.is_err(), "{at}");
        }
        let mut unpacker = Unpacker::default();
        unpacker.push(&packed[..packed.len() - 1]).unwrap();
        assert!(unpacker.finish().is_err());
    }
}
