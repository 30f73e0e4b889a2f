/** Opening what a notification is about marks it as read. */

for (const link of document.querySelectorAll<HTMLAnchorElement>('a[data-read]'))
  link.addEventListener('click', () => {
    navigator.sendBeacon('/notifications/read', new URLSearchParams({ [`read-${link.dataset['read'] ?? ''}`]: 'yes' }))
  })

export {}
