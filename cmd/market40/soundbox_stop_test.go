package main_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"market40/frontend/apptest/program"
)

// TestAServerWithBoxesStops at once, whatever is connected: a box, one that is not paired, and one
// that has not said who it is. The box says that it is deaf, and that it hears again.
func TestAServerWithBoxesStops(t *testing.T) {
	t.Parallel()
	s, env, owner := openBoxShop(t)
	address := program.MQTTAddress(s.Server)
	b, fresh := program.NewBox(t).Start(address), program.NewBox(t).Start(address)
	pairBox(s, owner, b)
	fresh.WaitFor("code")
	mute, err := net.Dial("tcp", strings.TrimPrefix(address, "mqtt://"))
	must(t, err)
	defer mute.Close()
	began := time.Now()
	if code := s.Stop(); code != 0 {
		t.Errorf("the server ends by %d: %s", code, s.Log.String())
	}
	if took := time.Since(began); took > program.Patience {
		t.Errorf("it takes %s to stop", took)
	}
	b.WaitSpoken("lost offline")
	program.Serve(t, append(env, "MQTT_LISTEN_ADDR="+strings.TrimPrefix(address, "mqtt://")))
	b.WaitSpoken("online")
}
