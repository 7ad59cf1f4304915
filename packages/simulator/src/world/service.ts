/** The services of the cloud. */
export const serviceNames = ['identity', 'nova', 'images', 'clb', 'rcv3', 'feeds'] as const;
export type Service = (typeof serviceNames)[number];
