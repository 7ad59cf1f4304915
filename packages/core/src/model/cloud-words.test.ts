import { describe, expect, it } from 'vitest';
import { cloudWords } from './cloud-words.ts';

describe('cloudWords', () => {
  it.each([
    ['Maximum number of metadata items exceeds 40', 'Maximum number of metadata items exceeds 40'],
    ['  one\r\n\u001b[31mtwo\u202e\t three ', 'one [31mtwo three'],
    ['Image 7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8 not found', 'Image 7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8 not found'],
    [`token ${'0a'.repeat(16)} has expired`, 'token *** has expired'],
    [`X-Auth-Token: gAAAAABk${'x-_Z'.repeat(20)}== is bad`, 'X-Auth-Token: *** is bad'],
    ['{"adminPass": "s3cr3t", "name": "web"}', '{"adminPass": ***, "name": "web"}'],
    ['password=abc&user=me', 'password=***&user=me'],
    [`Personality ${'QUJD'.repeat(20)} too long`, 'Personality *** too long'],
    [' \n ', ''],
  ])('of %j leaves %j', (text, words) => expect(cloudWords(text)).toBe(words));

  it('is cut between characters', () => {
    expect(cloudWords('😀 '.repeat(500))).toBe(`${'😀 '.repeat(149)}😀…`);
  });

  it('takes no long time for long texts', () => {
    for (const piece of ['a', 'password', 'token=', '"', 'pass: ', '\n'])
      expect(cloudWords(piece.repeat(300_000)).length).toBeLessThan(301);
  });
});
