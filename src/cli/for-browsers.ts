/** The address of a server as people open it in a browser: this machine by its name, because passkeys belong to a name and not to an address. */

export function forBrowsers(url: string): string {
  return url.replace(/^(https?:\/\/)(127\.0\.0\.1|\[::1\])(?=[:/]|$)/, '$1localhost')
}
