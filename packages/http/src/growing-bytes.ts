/**
 * Bytes in one piece of memory, which doubles when it is full. A list of the chunks would not do: a client may send a byte a chunk, and a
 * list of a million chunks takes some 500 MB (docs/adr/0017-libraries-before-own-code.md).
 */
export class GrowingBytes {
  #memory: Buffer = Buffer.alloc(0);
  #length = 0;

  add(chunk: Buffer): void {
    const length = this.#length + chunk.length;
    if (this.#length === 0)
      this.#memory = chunk; // most bodies are one chunk
    else {
      if (length > this.#memory.length) {
        const larger = Buffer.allocUnsafe(Math.max(16 * 1024, 2 * this.#memory.length, length));
        this.#memory.copy(larger, 0, 0, this.#length);
        this.#memory = larger;
      }
      chunk.copy(this.#memory, this.#length);
    }
    this.#length = length;
  }

  drop(): void {
    this.#memory = Buffer.alloc(0);
    this.#length = 0;
  }

  bytes(): Buffer {
    return this.#memory.subarray(0, this.#length);
  }
}
