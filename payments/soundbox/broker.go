package soundbox

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"market40/merchants/platform/seal"
)

// member is a paired box that has connected.
type member struct {
	id, account, tenancy uuid.UUID
	key                  []byte
}

// hook answers the broker: who may connect, and who may send and receive what. It also gets what
// boxes send.
type hook struct {
	mqtt.HookBase
	boxes *Soundboxes
}

// ID names the hook to the broker.
func (h *hook) ID() string { return "soundboxes" }

// Provides reports which hooks the broker may call.
func (h *hook) Provides(b byte) bool {
	return bytes.IndexByte([]byte{
		mqtt.OnConnect, mqtt.OnConnectAuthenticate, mqtt.OnACLCheck,
		mqtt.OnSessionEstablished, mqtt.OnPacketRead, mqtt.OnPublish, mqtt.OnWill,
	}, b) >= 0
}

// OnConnect finds out who connects. The user name is the box's id and so is the client id: no
// client can replace another. A box that is not paired yet may wait for that. While the database is
// away, the connection is closed without a word, and the box comes again.
func (h *hook) OnConnect(cl *mqtt.Client, pk packets.Packet) error {
	l := boxConnOf(cl.Net.Conn)
	l.client = cl
	cl.State.Keepalive, cl.State.ServerKeepalive = keepAlive, true
	cl.Properties.Props.SessionExpiryInterval = 0
	refuse := func(code packets.Code) error {
		_ = h.boxes.server.SendConnack(cl, code, false, nil)
		return code
	}
	name, err := uuid.Parse(string(pk.Connect.Username))
	if err != nil || name == uuid.Nil || cl.ID != name.String() || string(pk.Connect.Username) != cl.ID ||
		pk.Connect.WillFlag {
		return refuse(packets.ErrClientIdentifierNotValid)
	}
	if !l.mayTry(h.boxes.now()) {
		return refuse(packets.ErrConnectionRateExceeded)
	}
	cl.Properties.Clean = true
	ctx, cancel := context.WithTimeout(l.ctx, queryTimeout)
	defer cancel()
	box, revoked, err := h.boxes.find(ctx, name)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		if !l.reserveNew() {
			return refuse(packets.ErrQuotaExceeded)
		}
		l.name = name
		return nil
	case err != nil:
		slog.WarnContext(ctx, "a soundbox could not be looked up", "soundbox", name, "error", err)
		return err
	case subtle.ConstantTimeCompare(pk.Connect.Password, []byte(Password(box.key))) == 0:
		l.refuse(h.boxes.now())
		return refuse(packets.ErrBadUsernameOrPassword)
	case revoked:
		return refuse(packets.ErrNotAuthorized)
	}
	l.name, l.box = name, box
	return nil
}

// find returns a box by its id, and whether it may speak no longer: it was revoked, or its tenancy
// has ended.
func (s *Soundboxes) find(ctx context.Context, id uuid.UUID) (box *member, revoked bool, err error) {
	box = &member{id: id}
	var sealed []byte
	err = s.db.Pool.QueryRow(ctx, `SELECT b.account_id, b.tenancy_id, b.key, b.revoked_at IS NOT NULL
		OR NOT upper_inf(t.valid)
		FROM soundboxes b JOIN tenancies t ON t.id = b.tenancy_id WHERE b.id = $1`, id).Scan(&box.account, &box.tenancy,
		&sealed, &revoked)
	if err != nil {
		return nil, false, fmt.Errorf("find soundbox %s: %w", id, err)
	}
	box.key, err = s.keys.Open(ctx, keyPlace("soundboxes", id), sealed)
	return box, revoked, err
}

func keyPlace(table string, id uuid.UUID) seal.Place {
	return seal.Place{Table: table, Column: "key", ID: id}
}

// OnConnectAuthenticate accepts the box that OnConnect has found.
func (h *hook) OnConnectAuthenticate(cl *mqtt.Client, _ packets.Packet) bool {
	l := boxConnOf(cl.Net.Conn)
	return l != nil && l.name != uuid.Nil
}

// OnACLCheck allows a box its own topics and nothing else: to hear say, to write hello and ack; a
// new one pairing and ask.
func (h *hook) OnACLCheck(cl *mqtt.Client, topic string, write bool) bool {
	l := boxConnOf(cl.Net.Conn)
	name, own := strings.CutPrefix(topic, Topic(l.name, ""))
	if !own {
		return false
	}
	switch {
	case l.box == nil && write:
		return name == Ask
	case l.box == nil:
		return name == Pairing
	case write:
		return name == Hello || name == Ack
	}
	return name == Say
}

// OnSessionEstablished starts to send to the box.
func (h *hook) OnSessionEstablished(cl *mqtt.Client, _ packets.Packet) {
	l := boxConnOf(cl.Net.Conn)
	h.boxes.running.Go(func() {
		defer cl.Stop(nil)
		if l.box == nil {
			h.boxes.pair(cl, l)
		} else {
			h.boxes.sendPayments(cl, l)
		}
	})
}

// OnPacketRead counts what a box sends.
func (h *hook) OnPacketRead(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	l := boxConnOf(cl.Net.Conn)
	l.active.Store(true)
	if l.packets.past(h.boxes.now(), packetsPerWindow, packetsWindow) {
		_ = h.boxes.server.DisconnectClient(cl, packets.ErrMessageRateTooHigh)
		return pk, packets.ErrRejectPacket // the one error that the broker heeds here
	}
	return pk, nil
}

// OnWill prevents the broker from sending anything in a box's name.
func (h *hook) OnWill(*mqtt.Client, mqtt.Will) (mqtt.Will, error) { return mqtt.Will{}, nil }

// OnPublish handles what a box sends; it goes to no other client. A box that sends nonsense is
// disconnected.
func (h *hook) OnPublish(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	l := boxConnOf(cl.Net.Conn)
	ctx, cancel := context.WithTimeout(l.ctx, queryTimeout)
	defer cancel()
	err := h.boxes.handleMessage(ctx, l, pk.TopicName, pk.Payload)
	switch {
	case errors.Is(err, ErrUnreadable) || errors.Is(err, ErrForged):
		_ = h.boxes.server.DisconnectClient(cl, packets.ErrPayloadFormatInvalid)
		return pk, packets.ErrRejectPacket
	case err != nil: // the database: the box connects again, and says it again
		slog.WarnContext(ctx, "a soundbox's message was not stored", "soundbox", l.name, "error", err)
		_ = h.boxes.server.DisconnectClient(cl, packets.ErrServerUnavailable)
		return pk, packets.ErrRejectPacket
	}
	return pk, packets.CodeSuccessIgnore
}

// handleMessage handles one message of a box.
func (s *Soundboxes) handleMessage(ctx context.Context, l *boxConn, topic string, payload []byte) error {
	switch topic {
	case Topic(l.name, Ask):
		key, err := ReadRequest(payload)
		if err != nil {
			return err
		}
		return s.sendCode(ctx, l, key)
	case Topic(l.name, Hello):
		var g Greeting
		if err := Open(l.box.key, topic, payload, &g); err != nil {
			return err
		}
		if err := g.check(); err != nil {
			return err
		}
		select {
		case <-l.greeted: // an older one that was not looked at
		default:
		}
		l.greeted <- g
		return nil
	default:
		var r Receipt
		if err := Open(l.box.key, topic, payload, &r); err != nil {
			return err
		}
		return s.storeReceipt(ctx, l, r.Seq)
	}
}
