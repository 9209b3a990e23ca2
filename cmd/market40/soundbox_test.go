package main_test

import (
	"bufio"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// aBox is a running soundbox, and what it has printed.
type aBox struct {
	t          *testing.T
	cmd        *exec.Cmd
	state, wav string
	mu         sync.Mutex
	lines      []string
	ended      chan struct{}
}

// mqttOf is where a server listens for boxes.
func mqttOf(s *serving) string {
	s.t.Helper()
	for _, line := range s.told {
		if address, found := strings.CutPrefix(line, "soundboxes on "); found {
			return address
		}
	}
	s.t.Fatalf("the server does not say where boxes connect: %q", s.told)
	return ""
}

// newBox is a box that has a file and was not started.
func newBox(t *testing.T) *aBox {
	dir := t.TempDir()
	return &aBox{t: t, state: filepath.Join(dir, "box.json"), wav: filepath.Join(dir, "heard.wav")}
}

// start switches it on.
func (b *aBox) start(server string, more ...string) *aBox {
	b.t.Helper()
	b.cmd = command(b.t, nil, append([]string{"soundbox", "--server", server, "--state", b.state, "--wav", b.wav},
		more...)...)
	said := &lockedBuffer{}
	b.cmd.Stderr = said
	out, err := b.cmd.StdoutPipe()
	must(b.t, err)
	must(b.t, b.cmd.Start())
	b.ended = make(chan struct{})
	cmd, ended := b.cmd, b.ended
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			b.mu.Lock()
			b.lines = append(b.lines, lines.Text())
			b.mu.Unlock()
		}
		_ = cmd.Wait()
		b.mu.Lock()
		b.lines = append(b.lines, "error\t"+said.String())
		b.mu.Unlock()
	}()
	b.t.Cleanup(func() {
		b.off()
		if b.t.Failed() {
			b.t.Logf("the box said\n%s", strings.Join(b.all(), "\n"))
		}
	})
	return b
}

// off pulls the plug.
func (b *aBox) off() {
	_ = b.cmd.Process.Signal(syscall.SIGKILL)
	<-b.ended
}

func (b *aBox) all() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.lines...)
}

// said is what it has spoken, clip by clip.
func (b *aBox) said() (said []string) {
	for _, line := range b.all() {
		if parts := strings.Split(line, "\t"); parts[0] == "said" {
			said = append(said, parts[1])
		}
	}
	return said
}

// waits waits until something holds of what it has printed.
func (b *aBox) waits(what string, holds func(lines []string) bool) {
	b.t.Helper()
	for end := time.Now().Add(patience); !holds(b.all()); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("the box never: %s", what)
		}
	}
}

// hears waits for a sentence.
func (b *aBox) hears(clips string) {
	b.t.Helper()
	b.waits("says "+clips, func([]string) bool {
		return strings.Contains("|"+strings.Join(b.said(), "|")+"|", "|"+clips+
			"|")
	})
}

// prints waits for a line that begins so, and is the rest of it.
func (b *aBox) prints(word string) (about string) {
	b.t.Helper()
	b.waits("prints "+word, func(lines []string) bool {
		for _, line := range lines {
			if rest, found := strings.CutPrefix(line, word+"\t"); found {
				about = rest
			}
		}
		return about != "" || word == "connected" && strings.Contains(strings.Join(lines, "\n"), "connected\t")
	})
	return about
}

// owner is the stall's merchant, as a program.
func (s *shop) owner(env []string) string {
	s.t.Helper()
	return "Bearer " + strings.TrimSpace(want(s.t, 0, env, "apikeys", "create", "--role", "merchant", "--scope",
		"stall:"+s.stall, "--name", "owner").out)
}

// pair enters the code that a box says.
func (s *shop) pair(owner string, b *aBox) string {
	s.t.Helper()
	code := b.prints("code")
	b.hears("pairing " + strings.Join(strings.Split(code, ""), " "))
	id := s.ask(owner, "POST", "/api/v1/stalls/"+s.stall+"/soundboxes", object{"code": code, "name": "Loa quầy"},
		201).text("id")
	b.hears("chime ready")
	return id
}

// boxes are the stall's, as its owner sees them.
func (s *shop) boxes(owner string) (list []object) {
	s.t.Helper()
	for _, item := range s.ask(owner, "GET", "/api/v1/stalls/"+s.stall+"/soundboxes", nil, 200).items() {
		list = append(list, item.(map[string]any))
	}
	return list
}

// heardUpTo waits until the database knows that a box has taken a version.
func (s *shop) heardUpTo(owner string, version int) {
	s.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		heard := s.boxes(owner)[0]["heard_version"].(float64)
		if int(heard) == version {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("the box has %v, want %d", heard, version)
		}
	}
}

// wavSeconds is how long a sound is.
func wavSeconds(t *testing.T, path string) float64 {
	t.Helper()
	raw, err := os.ReadFile(path)
	must(t, err)
	if len(raw) < 44 || string(raw[:4]) != "RIFF" || string(raw[8:12]) != "WAVE" ||
		int(binary.LittleEndian.Uint32(raw[40:])) != len(raw)-44 {
		t.Fatalf("%s is no whole WAV file of %d bytes", path, len(raw))
	}
	return float64(len(raw)-44) / float64(binary.LittleEndian.Uint32(raw[28:]))
}

// openBoxShop is a shop whose server takes boxes.
func openBoxShop(t *testing.T) (s *shop, env []string, owner string) {
	t.Helper()
	s = openShop(t, "MQTT_LISTEN_ADDR=127.0.0.1:0")
	env = []string{"DATABASE_URL=" + s.database(), "SECRET_KEY=" + someSecret(1)}
	return s, env, s.owner(env)
}

// database is the address of the server's database.
func (s *serving) database() string {
	for _, e := range s.cmd.Env {
		if address, found := strings.CutPrefix(e, "DATABASE_URL="); found {
			return address
		}
	}
	return ""
}

// TestASoundboxSpeaksWhatComes pairs a box by the code that it speaks, and pays: it says the right
// words, and a WAV file holds them. Small amounts come with an alarm. A box that is switched off is
// told a count and a sum of nothing that is young.
func TestASoundboxSpeaksWhatComes(t *testing.T) {
	t.Parallel()
	s, _, owner := openBoxShop(t)
	b := newBox(t).start(mqttOf(s.serving))
	s.ask(owner, "POST", "/api/v1/stalls/"+s.stall+"/soundboxes", object{"code": "12345", "name": "Loa"}, 422)
	id := s.pair(owner, b)
	before := wavSeconds(t, b.wav)
	s.pay(s.code, 45000)
	b.hears("chime received 4 tens five_after_tens thousand dong")
	s.pay(s.code, 200)
	b.hears("alarm only 2 hundred dong")
	s.heardUpTo(owner, 2)
	after := wavSeconds(t, b.wav)
	for until := time.Now().Add(patience); after < before+4 && time.Now().Before(until); after = wavSeconds(t, b.wav) {
		time.Sleep(100 * time.Millisecond) // it says what it speaks before it speaks
	}
	if after < before+4 || after > before+9 {
		t.Errorf("two sentences last %.1f seconds", after-before)
	}
	if listed := s.boxes(owner); len(listed) != 1 || listed[0].text("id") != id ||
		listed[0].text("name") != "Loa quầy" || listed[0]["connected"] != true || listed[0]["speaks"] != true {
		t.Errorf("the owner sees %v", listed)
	}
	b.off()
	s.pay(s.code, 1000)
	s.pay(s.code, 2000)
	b.start(mqttOf(s.serving))
	b.hears("chime received 1 thousand dong")
	b.hears("chime received 2 thousand dong")
	s.heardUpTo(owner, 4)
	if said := b.said(); strings.Count(strings.Join(said, "|"), "five_after_tens") != 1 {
		t.Errorf("something is said twice: %q", said)
	}
	if said := strings.Join(b.all(), "\n"); strings.Contains(said, "hung up") {
		t.Error("the server hung up on it")
	}
	info, err := os.Stat(b.state)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the box's file is open to others: %v", info.Mode())
	}
}

// TestABoxLosesAndRepeatsNothing pays fifty times while the box's line is cut ten times, the server
// is started anew and the power fails: each payment is said once, alone or in a count and a sum.
func TestABoxLosesAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	s, env, owner := openBoxShop(t)
	mqtt := mqttOf(s.serving)
	line := newWire(t, strings.TrimPrefix(mqtt, "mqtt://"))
	b := newBox(t).start("mqtt://" + line.listener.Addr().String())
	s.pair(owner, b)
	total := 0
	for cut := range 10 {
		for n := range 5 {
			line.set(n == 1 || n == 2)
			amount := 1000 * (10*cut + n + 1)
			s.pay(s.code, amount)
			total += amount
		}
		switch cut {
		case 4: // the server goes and comes
			if code := s.stop(); code != 0 {
				t.Errorf("the server ends by %d", code)
			}
			s.serving = serve(t, append(env, "MQTT_LISTEN_ADDR="+strings.TrimPrefix(mqtt, "mqtt://")))
		case 7: // the power fails while it has nothing to say
			line.set(false)
			s.heardUpTo(owner, 5*(cut+1))
			b.waits("has said all", func([]string) bool { count, _ := b.counted(); return count == 5*(cut+1) })
			b.off()
			b.start("mqtt://" + line.listener.Addr().String())
		}
		line.set(false)
	}
	b.waits("says all fifty", func([]string) bool { count, _ := b.counted(); return count >= 50 })
	time.Sleep(time.Second) // what comes twice comes now
	if count, sum := b.counted(); count != 50 || sum != total {
		t.Errorf("the box said %d payments of %d, want 50 of %d", count, sum, total)
	}
	s.heardUpTo(owner, 50)
}

// counted are the payments that a box has said, and their sum.
func (b *aBox) counted() (count, sum int) {
	for _, said := range b.said() {
		clips := strings.Fields(said)
		switch {
		case len(clips) > 1 && (clips[1] == "received" || clips[1] == "only"):
			count++
			sum += spoken(clips[2 : len(clips)-1])
		case len(clips) > 1 && clips[1] == "have":
			at := 2
			for clips[at] != "payments" {
				at++
			}
			count += spoken(clips[2:at])
			sum += spoken(clips[at+2 : len(clips)-1])
		}
	}
	return count, sum
}

// spoken is the number that clips say, read back without the program's own rules.
func spoken(clips []string) (n int) {
	group, digit := 0, 0
	value := map[string]int{"one_after_tens": 1, "five_after_tens": 5}
	for _, clip := range clips {
		switch clip {
		case "ten":
			group += 10
		case "tens":
			group, digit = group+10*digit, 0
		case "hundred":
			group, digit = group+100*digit, 0
		case "and":
		case "thousand", "million":
			size := map[string]int{"thousand": 1000, "million": 1000000}[clip]
			n, group, digit = n+(group+digit)*size, 0, 0
		default:
			if v, found := value[clip]; found {
				digit = v
			} else {
				digit, _ = strconv.Atoi(clip)
			}
		}
	}
	return n + group + digit
}

// TestABoxMayConnectToAnyServer pays at one server while the box is connected to another of the
// same database, and pairs it there.
func TestABoxMayConnectToAnyServer(t *testing.T) {
	t.Parallel()
	s, env, owner := openBoxShop(t)
	other := serve(t, append(env, "MQTT_LISTEN_ADDR=127.0.0.1:0"))
	b := newBox(t).start(mqttOf(other))
	s.pair(owner, b)
	s.pay(s.code, 45000)
	b.hears("chime received 4 tens five_after_tens thousand dong")
	b.off()
	s.pay(s.code, 7000)
	b.start(mqttOf(s.serving))
	b.hears("chime received 7 thousand dong")
	s.heardUpTo(owner, 2)
}

// TestARevokedBoxIsCutOff at once, on another server too, ends, and does not come back.
func TestARevokedBoxIsCutOff(t *testing.T) {
	t.Parallel()
	s, env, owner := openBoxShop(t)
	other := serve(t, append(env, "MQTT_LISTEN_ADDR=127.0.0.1:0"))
	b := newBox(t).start(mqttOf(other))
	id := s.pair(owner, b)
	at := "/api/v1/stalls/" + s.stall + "/soundboxes/" + id
	s.ask(owner, "PATCH", at, object{"speaks": false}, 204)
	if s.boxes(owner)[0]["speaks"] != false {
		t.Error("the box still speaks in the phones' place")
	}
	s.ask(owner, "DELETE", at, nil, 204)
	s.ask(owner, "DELETE", at, nil, 404)
	if said := b.prints("error"); !strings.Contains(said, "revoked") {
		t.Errorf("the box ends with %q", said)
	}
	if len(s.boxes(owner)) != 0 {
		t.Error("the owner still sees it")
	}
	if again := want(t, 1, nil, "soundbox", "--server", mqttOf(s.serving), "--state", b.state, "--wav",
		b.wav); !strings.Contains(again.err, "revoked") {
		t.Errorf("it is told %q", again.err)
	}
	anew := &aBox{t: t, state: b.state, wav: b.wav}
	s.pair(owner, anew.start(mqttOf(other), "--pair"))
}

// TestAForgedMessageIsNotSpoken changes an amount on the way to the box: it is refused, and the
// true one is spoken.
func TestAForgedMessageIsNotSpoken(t *testing.T) {
	t.Parallel()
	s, _, owner := openBoxShop(t)
	forger := newForger(t, strings.TrimPrefix(mqttOf(s.serving), "mqtt://"), `"amount":"45000"`, `"amount":"95000"`)
	b := newBox(t).start("mqtt://" + forger.Addr().String())
	s.pair(owner, b)
	s.pay(s.code, 45000)
	if said := b.prints("refused"); !strings.Contains(said, "not signed") {
		t.Errorf("it is refused as %q", said)
	}
	b.hears("chime received 4 tens five_after_tens thousand dong")
	if said := strings.Join(b.said(), "|"); strings.Contains(said, "9 tens") {
		t.Errorf("the box says %s", said)
	}
}

// TestWrongUseOfASoundbox tells what is wrong, each with exit 2.
func TestWrongUseOfASoundbox(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.json")
	must(t, os.WriteFile(broken, []byte(`{"id":"x"}`), 0o600))
	for _, c := range []struct{ args, says string }{
		{"--state b.json", `required flag(s) "server" not set`},
		{"--server mqtt://127.0.0.1:1", `required flag(s) "state" not set`},
		{"--server http://127.0.0.1:1 --state b.json --wav w.wav", "--server must be mqtt://host:port"},
		{"--server mqtt://127.0.0.1 --state b.json --wav w.wav", "--server must be mqtt://host:port"},
		{"--server mqtt://127.0.0.1:1 --state " + broken + " --wav " + dir + "/w.wav", "is no soundbox's file"},
		{
			"--server mqtts://127.0.0.1:1 --ca " + broken + " --state " + dir + "/b.json --wav w.wav",
			"no certificate in PEM",
		},
	} {
		if a := want(t, 2, nil, append([]string{"soundbox"}, strings.Fields(c.args)...)...); !strings.Contains(a.err,
			c.says) {
			t.Errorf("%s: %s", c.args, a.err)
		}
	}
	for _, c := range []struct{ setting, says string }{
		{"MQTT_LISTEN_ADDR=1883", "MQTT_LISTEN_ADDR must be host:port"},
		{"MQTT_PLAINTEXT=yes", "MQTT_PLAINTEXT must be allow"},
		{"MQTT_LISTEN_ADDR=0.0.0.0:0", "nothing would be encrypted"},
		{"MQTT_LISTEN_ADDR=:0", "nothing would be encrypted"},
	} {
		env := []string{"DATA_DIR=" + dataDir(t), c.setting}
		if a := want(t, 2, env, "serve"); !strings.Contains(a.err, c.says) {
			t.Errorf("%s: %s", c.setting, a.err)
		}
	}
}
