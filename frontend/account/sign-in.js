import { ask, devices, say, t, showProblem, touch } from './api.js';

// next returns the page to open afterwards: the requested one if it is ours, else the usual one.
function next(usual = '/account') {
  const wanted = new URL(new URLSearchParams(location.search).get('next') ?? usual, location.origin);
  if (wanted.pathname === '/account' && new URLSearchParams(location.search).has('lang'))
    wanted.searchParams.set('lang', document.documentElement.lang);
  return wanted.origin === location.origin && !wanted.pathname.startsWith('/api/')
    ? wanted.pathname + wanted.search + wanted.hash
    : usual;
}

// Why a provider's sign-in led back here.
const refusals = {
  no_role: t('Tài khoản này chưa được giao vai trò nào ở đây.', 'This account has no role here.'),
  second_factor_missing: t(
    'Tài khoản cần xác thực hai lớp ở hệ thống đăng nhập.',
    'The account needs a second factor where it signs in.',
  ),
  account_closed: t('Tài khoản này đã bị khóa.', 'This account is closed.'),
  provider_away: t(
    'Hệ thống đăng nhập không trả lời, xin thử lại.',
    'The other sign-in does not answer, please try again.',
  ),
};
const refused = new URLSearchParams(location.search).get('refused');
if (refused)
  say(refusals[refused] ?? t('Đăng nhập không thành công, hãy thử lại.', 'Signing in failed, please try again.'));

// home returns the app of the user: sellers have the stall's app, officers and boards the officers' app.
async function home() {
  const me = await ask('GET', '/api/v1/me').catch(() => ({}));
  return next({ merchant: '/stall/', staff: '/stall/', integration: '/account' }[me.role] ?? '/district/');
}

const form = document.getElementById('password');
const code = document.getElementById('code');

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  say('');
  const given = Object.fromEntries(new FormData(form));
  if (!given.code) delete given.code;
  try {
    await ask('POST', '/api/v1/sessions', given);
    location.replace(await home());
  } catch (problem) {
    showProblem(problem);
    if (problem.code === 'second_factor') {
      code.hidden = false;
      form.code.focus();
    } else {
      form.code.value = '';
    }
  }
});

// On a phone that a stall owner lent to helpers, they choose their name and type their PIN.
const shift = document.getElementById('shift');
ask('GET', '/api/v1/staff-sessions/choice')
  .then((counter) => {
    document.getElementById('counter').textContent = `– ${t('Sạp', 'Stall')} ${counter.stall}, ${counter.market}`;
    shift.staff_id.replaceChildren(...counter.staff.map((one) => new Option(one.name, one.id)));
    document.getElementById('helpers').hidden = counter.staff.length === 0;
  })
  .catch(() => {}); // no such phone

shift.addEventListener('submit', async (event) => {
  event.preventDefault();
  say('');
  try {
    await ask('POST', '/api/v1/staff-sessions', { staff_id: shift.staff_id.value, pin: shift.pin.value });
    location.replace(next('/stall/'));
  } catch (problem) {
    shift.pin.value = '';
    showProblem(problem);
  }
});

// A stall owner asks for a code by message, then types it.
const phone = document.getElementById('phone');
const again = document.getElementById('again');

async function sendCode() {
  say('');
  try {
    const sent = await ask('POST', '/api/v1/phone-codes', { phone: phone.phone.value });
    phone.code.disabled = document.getElementById('sms').hidden = false;
    phone.code.value = '';
    phone.code.focus();
    phone.querySelector('button').textContent = t('Vào sạp', 'Open my stall');
    again.hidden = true;
    setTimeout(() => {
      again.hidden = false;
    }, sent.resend_after * 1000);
    say(
      t(
        'Nếu số này đã đăng ký, mã sẽ đến trong ít phút.',
        'If this phone is registered, the code will come in some minutes.',
      ),
      true,
    );
  } catch (problem) {
    showProblem(problem);
  }
}

phone.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (phone.code.disabled) return sendCode();
  say('');
  const given = { phone: phone.phone.value, code: phone.code.value };
  const chosen = phone.querySelector('[name=person]:checked');
  if (chosen) given.merchant_id = chosen.value;
  try {
    await ask('POST', '/api/v1/phone-sessions', given);
    location.replace(next('/stall/'));
  } catch (problem) {
    if (problem.code === 'choose_person') return choose(given).catch(showProblem);
    phone.code.value = '';
    people.replaceChildren();
    showProblem(problem);
  }
});

// Several people may share a phone: whoever signs in says who they are.
const people = document.getElementById('people');

async function choose(given) {
  const shared = await ask('POST', '/api/v1/phone-sessions/choice', given);
  people.replaceChildren(
    ...shared.people.map((one) => {
      const label = document.createElement('label');
      const radio = Object.assign(document.createElement('input'), {
        type: 'radio',
        name: 'person',
        value: one.merchant_id,
        required: true,
      });
      label.append(
        radio,
        ` ${one.full_name}${one.stalls.length ? ` – ${t('Sạp', 'Stall')} ${one.stalls.join('; ')}` : ''}`,
      );
      return label;
    }),
  );
  say(
    t(
      'Nhiều người dùng chung số này. Hãy chọn tên của bạn rồi bấm vào sạp.',
      'Several people share this phone. Choose your name, then open the stall.',
    ),
    true,
  );
}

// Another number wants another code.
phone.phone.addEventListener('input', () => {
  phone.code.disabled = document.getElementById('sms').hidden = again.hidden = true;
  people.replaceChildren();
  phone.querySelector('button').textContent = t('Gửi mã cho tôi', 'Send me a code');
});
again.addEventListener('click', sendCode);

const passkey = document.getElementById('passkey');
passkey.hidden = !devices;
passkey.addEventListener('click', async () => {
  say('');
  try {
    await ask('POST', '/api/v1/passkeys/sessions', await touch('/api/v1/passkeys/challenge'));
    location.replace(await home());
  } catch (problem) {
    showProblem(problem);
  }
});

for (const way of document.querySelectorAll('[data-way]'))
  way.search = new URLSearchParams({ return_to: next('/district/') });
