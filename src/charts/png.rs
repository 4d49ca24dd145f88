//! A scene as PNG, by plotters: drawn large and averaged down, which smooths what plotters' bitmap
//! backend draws in steps.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use plotters::backend::BitMapBackend;
use plotters::drawing::IntoDrawingArea;

use super::scene::Scene;
use super::svg::{Canvas, paint, size};
use super::theme::{Ink, Theme};

/// Pixels drawn for each pixel kept, each way.
const FINE: usize = 2;
/// Pixels kept for each nominal pixel.
const SHARP: usize = 2;

/// The scene as the bytes of a PNG file; dark where asked, light else.
pub(super) fn render(scene: &Scene, theme: Theme) -> Vec<u8> {
    let scale = (FINE * SHARP) as f64;
    let (width, height) = size(scene, scale);
    let mut drawn = vec![0xFF; width as usize * height as usize * 3];
    {
        let area = BitMapBackend::with_buffer(&mut drawn, (width, height)).into_drawing_area();
        let colour = if theme == Theme::Dark {
            Ink::dark
        } else {
            Ink::light
        };
        // Drawing into memory of the right size can't fail.
        let _ = paint(
            &area,
            scene,
            Canvas {
                scale,
                colour,
                bitmap: true,
            },
        )
        .is_ok();
        let _ = area.present().is_ok();
    }
    let (wide, high) = (width as usize / FINE, height as usize / FINE);
    encode(wide, high, &average(&drawn, width as usize, (wide, high)))
}

/// Every pixel kept is the mean of two by two drawn.
fn average(drawn: &[u8], stride: usize, (wide, high): (usize, usize)) -> Vec<u8> {
    let mut kept = Vec::with_capacity(wide * high * 3);
    for rows in drawn.chunks_exact(stride * 3 * FINE).take(high) {
        let (upper, lower) = rows.split_at(stride * 3);
        for (a, b) in upper.chunks_exact(6).zip(lower.chunks_exact(6)).take(wide) {
            if let ([a0, a1, a2, a3, a4, a5], [b0, b1, b2, b3, b4, b5]) = (a, b) {
                kept.push(mean(*a0, *a3, *b0, *b3));
                kept.push(mean(*a1, *a4, *b1, *b4));
                kept.push(mean(*a2, *a5, *b2, *b5));
            }
        }
    }
    kept
}

fn mean(a: u8, b: u8, c: u8, d: u8) -> u8 {
    ((u16::from(a) + u16::from(b) + u16::from(c) + u16::from(d)) / 4) as u8
}

/// PNG, eight bits of red, green and blue: signature, header, one zlib stream, end. Every row is
/// filtered by the row above it, which suits flat areas.
fn encode(wide: usize, high: usize, pixels: &[u8]) -> Vec<u8> {
    let mut file = vec![0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A];
    let mut header = Vec::with_capacity(13);
    header.extend((wide as u32).to_be_bytes());
    header.extend((high as u32).to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    chunk(&mut file, b"IHDR", &header);
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
    let mut above = vec![0u8; wide * 3];
    for row in pixels.chunks_exact(wide * 3) {
        let filtered: Vec<u8> = std::iter::once(2)
            .chain(
                row.iter()
                    .zip(&above)
                    .map(|(now, before)| now.wrapping_sub(*before)),
            )
            .collect();
        // Writing into memory can't fail.
        let _ = packed.write_all(&filtered).is_ok();
        above.copy_from_slice(row);
    }
    chunk(&mut file, b"IDAT", &packed.finish().unwrap_or_default());
    chunk(&mut file, b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    file.extend((data.len() as u32).to_be_bytes());
    let mut sum = flate2::Crc::new();
    sum.update(kind);
    sum.update(data);
    file.extend(kind);
    file.extend(data);
    file.extend(sum.sum().to_be_bytes());
}
