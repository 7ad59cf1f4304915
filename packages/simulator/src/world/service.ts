/** A service of the cloud. */
export type Service = 'identity' | 'nova' | 'images' | 'clb' | 'rcv3' | 'feeds';
