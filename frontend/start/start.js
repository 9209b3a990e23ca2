// Follows the shown stall's payments. Money is text: it is formatted, and summed as whole đồng in BigInt.
const stall = document.querySelector('[data-stream]');
if (stall) {
  const state = document.getElementById('state');
  const list = document.getElementById('payments');
  const sum = document.getElementById('sum');
  const count = document.getElementById('count');
  const english = document.documentElement.lang === 'en';
  const dong = (text) => text.replace(/\B(?=(\d{3})+$)/g, '.') + ' đ';
  const clock = new Intl.DateTimeFormat('vi-VN', { timeStyle: 'medium', timeZone: 'Asia/Ho_Chi_Minh', hour12: false });
  const day = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Ho_Chi_Minh' });
  const el = (name, text) => Object.assign(document.createElement(name), { textContent: text });
  let seen = Number(stall.dataset.version);
  let lost;

  const source = new EventSource(stall.dataset.stream);
  source.onopen = () => {
    state.textContent = english ? 'Receiving live' : 'Đang nhận trực tiếp';
    state.className = 'state';
  };
  source.onerror = () => {
    lost = new Date();
    state.textContent = (english ? 'Not connected since ' : 'Mất kết nối, cập nhật lúc ') + clock.format(lost);
    state.className = 'state lost';
  };
  source.addEventListener('payment', (event) => {
    const payment = JSON.parse(event.data);
    if (payment.version <= seen) return;
    seen = payment.version;
    const at = new Date(payment.occurred_at);
    const line = document.createElement('li');
    line.className = 'new';
    line.append(el('time', clock.format(at)), ' ', el('b', dong(payment.amount)), ' ', el('small', payment.reference));
    list.querySelector('.none')?.remove();
    // A notice may arrive late: the list is in the order of the transfers.
    line.dataset.at = payment.occurred_at;
    const older = [...list.children].find((other) => !other.dataset.at || new Date(other.dataset.at) <= at);
    list.insertBefore(line, older ?? null);
    while (list.children.length > 8) list.lastElementChild.remove();
    if (day.format(at) === day.format(new Date())) {
      sum.dataset.sum = String(BigInt(sum.dataset.sum) + BigInt(payment.amount));
      sum.textContent = dong(sum.dataset.sum);
      count.textContent = String(Number(count.textContent) + (payment.state === 'reversal' ? -1 : 1));
    }
  });
}
