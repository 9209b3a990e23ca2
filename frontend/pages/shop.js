// What the shopper's page can do more where scripts run: copy, share, and notice that money came.

// objects are the objects of an EMV payload by their ids: two digits, two digits of length, the value.
function objects(text) {
  const found = {};
  for (let at = 0; at + 4 <= text.length;) {
    const size = Number(text.slice(at + 2, at + 4));
    found[text.slice(at, at + 2)] = text.slice(at + 4, at + 4 + size);
    at += 4 + size;
  }
  return found;
}

// account reads the account's number out of the code itself: the page shows its last digits only.
async function account(address) {
  const payload = await (await fetch(address)).text();
  return objects(objects(objects(payload)['38'])['01'])['01'];
}

for (const button of document.querySelectorAll('[data-copy], [data-account]')) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  const says = button.textContent;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(button.dataset.copy ?? (await account(button.dataset.account)));
    button.textContent = '✓';
    setTimeout(() => {
      button.textContent = says;
    }, 1500);
  });
}

const share = document.querySelector('[data-share]');
if (share && navigator.share) {
  share.hidden = false;
  share.addEventListener('click', () =>
    navigator.share({ title: document.title, url: location.origin + location.pathname }).catch(() => {}),
  );
}

// Polls a waiting order every three seconds. The page reloads when a payment came or the order expired.
const waiting = document.querySelector('main[data-state]');
if (waiting) {
  setInterval(async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(waiting.dataset.state, { headers: { Accept: 'application/json' } });
      if (!answer.ok) return;
      const { state, received } = await answer.json();
      if (`${state} ${received}` !== waiting.dataset.seen) location.reload();
    } catch {
      // no network: the page says nothing that is not so, and looks again
    }
  }, 3000);
}
