import { closeSync, openSync, readSync } from 'node:fs';

/** Of the file format, see https://sqlite.org/fileformat2.html#the_write_ahead_log. */
const HEADER_BYTES = 32;
const SUMMED_HEADER_BYTES = 24;
const FRAME_HEADER_BYTES = 24;
const SUMMED_FRAME_HEADER_BYTES = 8;
const MAGIC_LITTLE_ENDIAN = 0x377f0682;
const MAGIC_BIG_ENDIAN = 0x377f0683;

type Checksum = readonly [number, number];

/**
 * The first frame of a write-ahead log that is damaged although whole transactions follow it, counted from 0; `undefined`:
 * none. SQLite takes such a log to end there, as if the process had died while it wrote that frame, and what had been
 * acknowledged afterwards would be gone in silence.
 *
 * A transaction is on disk before the next one begins, so a crash can leave only the last one in pieces: the log is damaged
 * if a later transaction than that of the bad frame is complete. Damage to the last one looks like a crash.
 */
export function damagedFrame(path: string, pageBytes: number): number | undefined {
  const file = openSync(path, 'r');
  try {
    return new WalReader(file, pageBytes).damagedFrame();
  } finally {
    closeSync(file);
  }
}

class WalReader {
  readonly #file: number;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  readonly #frame: Buffer;
  #isLittleEndian = true;

  constructor(file: number, pageBytes: number) {
    this.#file = file;
    this.#frame = Buffer.alloc(FRAME_HEADER_BYTES + pageBytes);
  }

  damagedFrame(): number | undefined {
    if (readSync(this.#file, this.#header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return undefined;
    const magic = this.#header.readUInt32BE(0);
    this.#isLittleEndian = magic !== MAGIC_BIG_ENDIAN;
    const sum = this.#sum(this.#header.subarray(0, SUMMED_HEADER_BYTES), [0, 0]);
    const isWhole =
      (magic === MAGIC_LITTLE_ENDIAN || magic === MAGIC_BIG_ENDIAN) && isSame(sum, checksumAt(this.#header, 24));
    return this.#scan(isWhole ? { seed: sum, salt: this.#header.subarray(16, 24) } : undefined);
  }

  /** @param start as the header has it; absent: the header is damaged, and what follows says what belongs together. */
  #scan(start: { readonly seed: Checksum; readonly salt: Buffer } | undefined): number | undefined {
    let { seed = [0, 0] as Checksum, salt } = start ?? {};
    let damaged: number | undefined;
    /** Whole transactions that must follow before the bad frame cannot have been in the last one. */
    let missing = 0;
    for (let at = 0; this.#readFrame(at); at += 1) {
      const frame = this.#frame;
      salt ??= Buffer.from(frame.subarray(8, 16));
      const isOfThisLog = frame.subarray(8, 16).equals(salt);
      const isCommit = isOfThisLog && frame.readUInt32BE(4) !== 0;
      const written = checksumAt(frame, 16);
      const isWhole = isOfThisLog && isSame(this.#sumOfFrame(seed), written);
      seed = written;
      if (damaged === undefined) {
        if (isWhole) continue;
        damaged = at;
        missing = isCommit ? 1 : 2;
      } else if (isWhole && isCommit) {
        missing -= 1;
        if (missing === 0) return damaged;
      }
    }
    return undefined;
  }

  #readFrame(at: number): boolean {
    const { length } = this.#frame;
    return readSync(this.#file, this.#frame, 0, length, HEADER_BYTES + at * length) === length;
  }

  #sumOfFrame(seed: Checksum): Checksum {
    const head = this.#sum(this.#frame.subarray(0, SUMMED_FRAME_HEADER_BYTES), seed);
    return this.#sum(this.#frame.subarray(FRAME_HEADER_BYTES), head);
  }

  #sum(bytes: Buffer, [first, second]: Checksum): Checksum {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let [a, b] = [first, second];
    for (let at = 0; at < bytes.length; at += 8) {
      a = (a + view.getUint32(at, this.#isLittleEndian) + b) >>> 0;
      b = (b + view.getUint32(at + 4, this.#isLittleEndian) + a) >>> 0;
    }
    return [a, b];
  }
}

function checksumAt(bytes: Buffer, at: number): Checksum {
  return [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)];
}

function isSame([a, b]: Checksum, [c, d]: Checksum): boolean {
  return a === c && b === d;
}
