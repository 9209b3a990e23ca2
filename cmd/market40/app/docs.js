// Shows only the routes that hold every word of the search. Without this script the page shows all of them.
const search = document.querySelector('#search');
const rows = [...document.querySelectorAll('#routes tr')].map((row) => [row, row.textContent.toLowerCase()]);
const sections = [...document.querySelectorAll('#routes details')];
const none = document.querySelector('#none');

function show() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const [row, text] of rows) row.hidden = !words.every((word) => text.includes(word));
  for (const section of sections) {
    section.hidden = !section.querySelector('tr:not([hidden])');
    section.open = words.length > 0;
  }
  none.hidden = sections.some((section) => !section.hidden);
}

search.parentElement.hidden = false;
search.addEventListener('input', show);
if (search.value) show();
