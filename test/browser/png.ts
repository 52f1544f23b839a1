/** Makes a screenshot small enough for a repository: pages have few colours, and a palette of 256 of them looks the same. */
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const PALETTE_SIZE = 256;

/** @param png as Chromium writes it: 8 bits a channel, without transparency, not interlaced */
export function withPalette(png: Buffer): Buffer {
  const chunks = readChunks(png);
  const header = chunks.find(({ type }) => type === 'IHDR')!.data;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  if (header[8] !== 8 || header[9] !== 2) throw new Error(`Not a PNG of 8 bits in RGB, but ${header[8]} bits of type ${header[9]}`);
  const data = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(each => each.data));
  const colors = unfilter(inflateSync(data), width, height);

  const counts = new Map<number, number>();
  for (const color of colors) counts.set(color, (counts.get(color) ?? 0) + 1);
  const palette = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, PALETTE_SIZE).map(([color]) => color);
  const indexes = new Map([...counts.keys()].map(color => [color, nearest(color, palette)]));

  const rows = Buffer.alloc(height * (width + 1));
  colors.forEach((color, pixel) => rows[Math.floor(pixel / width) * (width + 1) + 1 + pixel % width] = indexes.get(color)!);
  header[9] = 3;
  return Buffer.concat([
    SIGNATURE, chunk('IHDR', header), chunk('PLTE', Buffer.from(palette.flatMap(rgb))), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0)),
  ]);
}

const rgb = (color: number): number[] => [Math.floor(color / 65_536), Math.floor(color / 256) % 256, color % 256];

function nearest(color: number, palette: readonly number[]): number {
  const [r, g, b] = rgb(color);
  let best = { index: 0, distance: Infinity };
  palette.forEach((each, index) => {
    const [r2, g2, b2] = rgb(each);
    const distance = (r - r2) ** 2 + (g - g2) ** 2 + (b - b2) ** 2;
    if (distance < best.distance) best = { index, distance };
  });
  return best.index;
}

/** @see https://www.w3.org/TR/png/#9Filters */
function unfilter(data: Buffer, width: number, height: number): number[] {
  const stride = width * 3;
  const colors: number[] = [];
  let above = Buffer.alloc(stride);
  for (let y = 0; y < height; y++) {
    const filter = data[y * (stride + 1)];
    const row = Buffer.from(data.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1)));
    for (let x = 0; x < stride; x++) {
      const [left, up, corner] = [x < 3 ? 0 : row[x - 3], above[x], x < 3 ? 0 : above[x - 3]];
      row[x] += [0, left, up, Math.floor((left + up) / 2), paeth(left, up, corner)][filter];
    }
    for (let x = 0; x < stride; x += 3) colors.push(row.readUIntBE(x, 3));
    above = row;
  }
  return colors;
}

function paeth(left: number, up: number, corner: number): number {
  const [byLeft, byUp, byCorner] = [left, up, corner].map(each => Math.abs(left + up - corner - each));
  if (byLeft <= byUp && byLeft <= byCorner) return left;
  return byUp <= byCorner ? up : corner;
}

function readChunks(png: Buffer): Array<{ type: string; data: Buffer }> {
  const chunks: Array<{ type: string; data: Buffer }> = [];
  for (let at = SIGNATURE.length; at < png.length;) {
    const length = png.readUInt32BE(at);
    chunks.push({ type: png.toString('latin1', at + 4, at + 8), data: Buffer.from(png.subarray(at + 8, at + 8 + length)) });
    at += 12 + length;
  }
  return chunks;
}

function chunk(type: string, data: Buffer): Buffer {
  const [length, checksum, body] = [Buffer.alloc(4), Buffer.alloc(4), Buffer.concat([Buffer.from(type, 'latin1'), data])];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
