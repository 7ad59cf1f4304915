import { z } from 'zod';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';

/** Texts of Nova for launch configurations that it does not take. */
const presets = {
  unknown_image: 'Can not find requested image',
  inactive_image: 'Image 7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8 is not active.',
  unknown_flavor: 'Invalid flavorRef provided.',
  flavor_disk: "Flavor's disk is too small for requested image.",
  flavor_memory: "Flavor's memory is too small for requested image.",
  unknown_key: 'Invalid key_name provided.',
  network_format: 'Bad networks format: network uuid is not in proper format (0)',
  disk_config: "OS-DCF:diskConfig must be either 'MANUAL' or 'AUTO'.",
  personality: 'Personality file limit exceeded',
  missing_image: 'Missing imageRef attribute',
} as const;
const presetNames = Object.keys(presets) as [keyof typeof presets, ...(keyof typeof presets)[]];

/** Nova does not take the launch configuration. */
export const novaBadRequest = defineFault({
  name: 'nova.bad_request',
  group: 'configuration',
  phase: 'before_validate',
  ops: ['server.create'],
  params: z.strictObject({
    preset: z.enum(presetNames).default('unknown_image').describe('one of the texts that Nova is known for'),
    message: z.string().optional().describe('another text instead'),
  }),
  does: 'A create is refused with 400 `badRequest` and the text.',
  imitates: 'an image that was deleted, a key that was renamed, a flavor that is too small, ...',
  reaction: 'ERROR with the text, and no further create; recovers when the configuration is changed, or after a command',
  apply: ({ params: { preset, message } }) => ({ refuse: refusals.badServerRequest(message ?? presets[preset]) }),
});
