package main_test

import (
	"net"
	"strings"
	"testing"
	"time"
)

// TestAServerWithBoxesStops at once, whatever is connected: a box, one that nobody has, and one
// that has not said who it is. The box says that it is deaf, and that it hears again.
func TestAServerWithBoxesStops(t *testing.T) {
	t.Parallel()
	s, env, owner := openBoxShop(t)
	address := mqttOf(s.serving)
	b, fresh := newBox(t).start(address), newBox(t).start(address)
	s.pair(owner, b)
	fresh.prints("code")
	mute, err := net.Dial("tcp", strings.TrimPrefix(address, "mqtt://"))
	must(t, err)
	defer mute.Close()
	began := time.Now()
	if code := s.stop(); code != 0 {
		t.Errorf("the server ends by %d: %s", code, s.said.String())
	}
	if took := time.Since(began); took > patience {
		t.Errorf("it takes %s to stop", took)
	}
	b.hears("lost offline")
	serve(t, append(env, "MQTT_LISTEN_ADDR="+strings.TrimPrefix(address, "mqtt://")))
	b.hears("online")
}
