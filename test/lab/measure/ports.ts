/** Where the host on the internet listens. */
export const ECHO_PORT = 7;
export const DOWNLOAD_PORT = 19;
export const HTTP_PORT = 80;
export const DNS_PORT = 53;
export const UPLOAD_PORT = 9;
export const TRICKLE_PORT = 13;

/**
 * Downloads and uploads are paced: this many bytes each so many milliseconds (100 kB/s), so that they are never just a full socket buffer. Nor do they fill
 * that of wireguard-go (208 KiB, some 90 packets) while a busy machine lets it stand still for half a second: the kernel's WireGuard has none.
 */
export const DOWNLOAD_CHUNK_BYTES = 2_000;
export const DOWNLOAD_EVERY_MS = 20;

/** A trickle is a download that hardly moves: of these there may be a thousand. */
export const TRICKLE_BYTES = 10;
export const TRICKLE_EVERY_MS = 500;
