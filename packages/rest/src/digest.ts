import { hash } from 'node:crypto';

/**
 * What stands for a text where it is kept: always 44 characters, and no part of the text. A piece of a longer text, such as an id of a
 * path, would keep all of the longer one in memory.
 */
export const digestOf = (text: string): string => hash('sha256', text, 'base64');
