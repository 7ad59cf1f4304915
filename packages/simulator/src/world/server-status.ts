/** Of each Nova status: what Nova calls it inside (`OS-EXT-STS:vm_state`), and what it is doing (`OS-EXT-STS:task_state`). */
const inside: Readonly<Record<string, readonly [vm: string, task: string | null]>> = {
  BUILD: ['building', 'spawning'],
  ACTIVE: ['active', null],
  REBOOT: ['active', 'rebooting'],
  HARD_REBOOT: ['active', 'rebooting_hard'],
  RESIZE: ['active', 'resize_migrating'],
  VERIFY_RESIZE: ['resized', null],
  REVERT_RESIZE: ['resized', 'resize_reverting'],
  MIGRATING: ['active', 'migrating'],
  PASSWORD: ['active', 'updating_password'],
  REBUILD: ['active', 'rebuild_spawning'],
  RESCUE: ['rescued', null],
  SHUTOFF: ['stopped', null],
};

export const vmStateOf = (status: string): string => inside[status]?.[0] ?? status.toLowerCase();
export const taskStateOf = (status: string): string | null => inside[status]?.[1] ?? null;
