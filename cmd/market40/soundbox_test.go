package main_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"market40/frontend/apptest/program"
)

// createOwnerKey is the stall's merchant, as a program.
func createOwnerKey(s *program.Shop, env []string) string {
	s.T.Helper()
	return "Bearer " + strings.TrimSpace(program.Want(s.T, 0, env, "apikeys", "create", "--role", "merchant", "--scope",
		"stall:"+s.Stall, "--name", "owner").Out)
}

// pairBox enters the code that a box says.
func pairBox(s *program.Shop, owner string, b *program.Box) string {
	s.T.Helper()
	code := b.WaitFor("code")
	b.WaitSpoken("pairing " + strings.Join(strings.Split(code, ""), " "))
	id := s.CallAs(owner, "POST", "/api/v1/stalls/"+s.Stall+"/soundboxes", object{"code": code, "name": "Loa quầy"},
		201).Text("id")
	b.WaitSpoken("chime ready")
	return id
}

// listBoxes are the stall's, as its owner sees them.
func listBoxes(s *program.Shop, owner string) (list []object) {
	s.T.Helper()
	for _, item := range s.CallAs(owner, "GET", "/api/v1/stalls/"+s.Stall+"/soundboxes", nil, 200).Items() {
		list = append(list, item.(map[string]any))
	}
	return list
}

// waitForVersion waits until the database knows that a box has taken a version.
func waitForVersion(s *program.Shop, owner string, version int) {
	s.T.Helper()
	for end := time.Now().Add(program.Patience); ; time.Sleep(20 * time.Millisecond) {
		heard := listBoxes(s, owner)[0]["heard_version"].(float64)
		if int(heard) == version {
			return
		}
		if time.Now().After(end) {
			s.T.Fatalf("the box has %v, want %d", heard, version)
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

// openBoxShop is a shop with a server that accepts soundboxes.
func openBoxShop(t *testing.T) (s *program.Shop, env []string, owner string) {
	t.Helper()
	s = program.OpenShop(t, "MQTT_LISTEN_ADDR=127.0.0.1:0")
	env = []string{"DATABASE_URL=" + s.Database(), "SECRET_KEY=" + program.SecretKey(1)}
	return s, env, createOwnerKey(s, env)
}

// TestASoundboxSpeaksWhatComes pairs a box by the code that it speaks, and pays: it says the right
// words, and a WAV file holds them. Small amounts come with an alarm. A box that is switched off is
// spoken as a count and a sum only what is not young.
func TestASoundboxSpeaksWhatComes(t *testing.T) {
	t.Parallel()
	s, _, owner := openBoxShop(t)
	b := program.NewBox(t).Start(program.MQTTAddress(s.Server))
	s.CallAs(owner, "POST", "/api/v1/stalls/"+s.Stall+"/soundboxes", object{"code": "12345", "name": "Loa"}, 422)
	id := pairBox(s, owner, b)
	before := wavSeconds(t, b.WAV)
	s.Pay(s.Code, 45000)
	b.WaitSpoken("chime received 4 tens five_after_tens thousand dong")
	s.Pay(s.Code, 200)
	b.WaitSpoken("alarm only 2 hundred dong")
	waitForVersion(s, owner, 2)
	after := wavSeconds(t, b.WAV)
	for until := time.Now().Add(program.Patience); after < before+4 && time.Now().Before(until); after = wavSeconds(t, b.WAV) {
		time.Sleep(100 * time.Millisecond) // it says what it speaks before it speaks
	}
	if after < before+4 || after > before+9 {
		t.Errorf("two sentences last %.1f seconds", after-before)
	}
	if listed := listBoxes(s, owner); len(listed) != 1 || listed[0].Text("id") != id ||
		listed[0].Text("name") != "Loa quầy" || listed[0]["connected"] != true || listed[0]["speaks"] != true {
		t.Errorf("the owner sees %v", listed)
	}
	b.Off()
	s.Pay(s.Code, 1000)
	s.Pay(s.Code, 2000)
	b.Start(program.MQTTAddress(s.Server))
	b.WaitSpoken("chime received 1 thousand dong")
	b.WaitSpoken("chime received 2 thousand dong")
	waitForVersion(s, owner, 4)
	if said := b.Spoken(); strings.Count(strings.Join(said, "|"), "five_after_tens") != 1 {
		t.Errorf("something is said twice: %q", said)
	}
	if said := strings.Join(b.Printed(), "\n"); strings.Contains(said, "hung up") {
		t.Error("the server hung up on it")
	}
	info, err := os.Stat(b.State)
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
	mqtt := program.MQTTAddress(s.Server)
	line := program.NewNetwork(t, strings.TrimPrefix(mqtt, "mqtt://"))
	b := program.NewBox(t).Start("mqtt://" + line.Listener.Addr().String())
	pairBox(s, owner, b)
	total := 0
	for cut := range 10 {
		for n := range 5 {
			line.Cut(n == 1 || n == 2)
			amount := 1000 * (10*cut + n + 1)
			s.Pay(s.Code, amount)
			total += amount
		}
		switch cut {
		case 4: // the server goes and comes
			if code := s.Stop(); code != 0 {
				t.Errorf("the server ends by %d", code)
			}
			s.Server = program.Serve(t, append(env, "MQTT_LISTEN_ADDR="+strings.TrimPrefix(mqtt, "mqtt://")))
		case 7: // the power fails while it has nothing to say
			line.Cut(false)
			waitForVersion(s, owner, 5*(cut+1))
			b.WaitUntil("has said all", func([]string) bool { count, _ := countSpoken(b); return count == 5*(cut+1) })
			b.Off()
			b.Start("mqtt://" + line.Listener.Addr().String())
		}
		line.Cut(false)
	}
	b.WaitUntil("says all fifty", func([]string) bool { count, _ := countSpoken(b); return count >= 50 })
	time.Sleep(time.Second) // what comes twice comes now
	if count, sum := countSpoken(b); count != 50 || sum != total {
		t.Errorf("the box said %d payments of %d, want 50 of %d", count, sum, total)
	}
	waitForVersion(s, owner, 50)
}

// countSpoken are the payments that a box has said, and their sum.
func countSpoken(b *program.Box) (count, sum int) {
	for _, said := range b.Spoken() {
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
	other := program.Serve(t, append(env, "MQTT_LISTEN_ADDR=127.0.0.1:0"))
	b := program.NewBox(t).Start(program.MQTTAddress(other))
	pairBox(s, owner, b)
	s.Pay(s.Code, 45000)
	b.WaitSpoken("chime received 4 tens five_after_tens thousand dong")
	b.Off()
	s.Pay(s.Code, 7000)
	b.Start(program.MQTTAddress(s.Server))
	b.WaitSpoken("chime received 7 thousand dong")
	waitForVersion(s, owner, 2)
}

// TestARevokedBoxIsCutOff at once, on another server too, ends, and does not come back.
func TestARevokedBoxIsCutOff(t *testing.T) {
	t.Parallel()
	s, env, owner := openBoxShop(t)
	other := program.Serve(t, append(env, "MQTT_LISTEN_ADDR=127.0.0.1:0"))
	b := program.NewBox(t).Start(program.MQTTAddress(other))
	id := pairBox(s, owner, b)
	at := "/api/v1/stalls/" + s.Stall + "/soundboxes/" + id
	s.CallAs(owner, "PATCH", at, object{"speaks": false}, 204)
	if listBoxes(s, owner)[0]["speaks"] != false {
		t.Error("the box still speaks in the phones' place")
	}
	s.CallAs(owner, "DELETE", at, nil, 204)
	s.CallAs(owner, "DELETE", at, nil, 404)
	if said := b.WaitFor("error"); !strings.Contains(said, "revoked") {
		t.Errorf("the box ends with %q", said)
	}
	if len(listBoxes(s, owner)) != 0 {
		t.Error("the owner still sees it")
	}
	if again := program.Want(
		t,
		1,
		nil,
		"soundbox",
		"--server",
		program.MQTTAddress(s.Server),
		"--state",
		b.State,
		"--wav",
		b.WAV,
	); !strings.Contains(
		again.Err,
		"revoked",
	) {
		t.Errorf("it hears %q", again.Err)
	}
	anew := &program.Box{T: t, State: b.State, WAV: b.WAV}
	pairBox(s, owner, anew.Start(program.MQTTAddress(other), "--pair"))
}

// TestAForgedMessageIsNotSpoken changes an amount on the way to the box: it is refused, and the
// true one is spoken.
func TestAForgedMessageIsNotSpoken(t *testing.T) {
	t.Parallel()
	s, _, owner := openBoxShop(t)
	forger := newForger(
		t,
		strings.TrimPrefix(program.MQTTAddress(s.Server), "mqtt://"),
		`"amount":"45000"`,
		`"amount":"95000"`,
	)
	b := program.NewBox(t).Start("mqtt://" + forger.Addr().String())
	pairBox(s, owner, b)
	s.Pay(s.Code, 45000)
	if said := b.WaitFor("refused"); !strings.Contains(said, "not signed") {
		t.Errorf("it is refused as %q", said)
	}
	b.WaitSpoken("chime received 4 tens five_after_tens thousand dong")
	if said := strings.Join(b.Spoken(), "|"); strings.Contains(said, "9 tens") {
		t.Errorf("the box says %s", said)
	}
}

// TestWrongUseOfASoundbox: each error is explained, and exits 2.
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
		{"--server mqtt://127.0.0.1:1 --state " + broken + " --wav " + dir + "/w.wav", "is not the file of a soundbox"},
		{
			"--server mqtts://127.0.0.1:1 --ca " + broken + " --state " + dir + "/b.json --wav w.wav",
			"no certificate in PEM",
		},
	} {
		args := append([]string{"soundbox"}, strings.Fields(c.args)...)
		if a := program.Want(t, 2, nil, args...); !strings.Contains(a.Err, c.says) {
			t.Errorf("%s: %s", c.args, a.Err)
		}
	}
	for _, c := range []struct{ setting, says string }{
		{"MQTT_LISTEN_ADDR=1883", "MQTT_LISTEN_ADDR must be host:port"},
		{"MQTT_PLAINTEXT=yes", "MQTT_PLAINTEXT must be allow"},
		{"MQTT_LISTEN_ADDR=0.0.0.0:0", "without encryption"},
		{"MQTT_LISTEN_ADDR=:0", "without encryption"},
	} {
		env := []string{"DATA_DIR=" + dataDir(t), c.setting}
		if a := program.Want(t, 2, env, "serve"); !strings.Contains(a.Err, c.says) {
			t.Errorf("%s: %s", c.setting, a.Err)
		}
	}
}
