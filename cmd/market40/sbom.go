package main

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
	"market40/frontend"
	"market40/merchants/posters"
)

// materials is a bill of materials: CycloneDX 1.5, https://cyclonedx.org/docs/1.5/json/, as far as
// we fill it.
type materials struct {
	Format       string       `json:"bomFormat"`
	SpecVersion  string       `json:"specVersion"`
	SerialNumber string       `json:"serialNumber"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Component  component  `json:"component"`
	Properties []property `json:"properties"`
}

type component struct {
	Ref      string     `json:"bom-ref"`
	Type     string     `json:"type"`
	Name     string     `json:"name"`
	Version  string     `json:"version,omitempty"`
	Hashes   []checksum `json:"hashes,omitempty"`
	Licences []licence  `json:"licenses,omitempty"`
	PURL     string     `json:"purl,omitempty"`
}

// licence is an expression of SPDX, such as MIT.
type licence struct {
	Expression string `json:"expression"`
}

type checksum struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref string   `json:"ref"`
	On  []string `json:"dependsOn"`
}

func sbomCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "sbom",
		Short: "Print what this program is made of: Go modules, npm packages, fonts, with hashes and licences (CycloneDX JSON)",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			info, ok := debug.ReadBuildInfo()
			if !ok {
				return errors.New("this program was built without a record of its modules")
			}
			m, err := listMaterials(info)
			if err != nil {
				return err
			}
			to := json.NewEncoder(cmd.OutOrStdout())
			to.SetIndent("", "  ")
			return to.Encode(m)
		},
	}
}

// listMaterials reads the record that Go's linker writes into a program: what is in it, not what
// go.mod would allow. The hash of a module is that of go.sum (dirhash h1), so that both can be
// compared. Two lists of one program are equal to the byte: the serial number is made from what
// is in them.
func listMaterials(info *debug.BuildInfo) (*materials, error) {
	m := &materials{
		Format: "CycloneDX", SpecVersion: "1.5", Version: 1,
		Metadata: metadata{Component: component{
			Ref: "market40", Type: "application", Name: "market40", Version: app.Version(), PURL: "pkg:golang/" +
				info.Main.Path + "@" + app.Version(), Licences: []licence{{"Apache-2.0"}},
		}},
	}
	licences, err := readLicences()
	if err != nil {
		return nil, err
	}
	m.Components = []component{goComponent("stdlib", strings.TrimPrefix(info.GoVersion, "go"), nil, "BSD-3-Clause")}
	for _, s := range info.Settings {
		if strings.HasPrefix(s.Key, "-") || strings.HasPrefix(s.Key, "CGO_") || strings.HasPrefix(s.Key, "GO") {
			m.Metadata.Properties = append(m.Metadata.Properties, property{"cdx:gomod:build:env:" + s.Key, s.Value})
		}
	}
	for _, module := range info.Deps {
		for module.Replace != nil {
			module = module.Replace
		}
		sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(module.Sum, "h1:"))
		if err != nil || len(sum) != sha256.Size {
			return nil, fmt.Errorf("%s %s has no hash in go.sum", module.Path, module.Version)
		}
		m.Components = append(m.Components, goComponent(module.Path, module.Version, sum, licences[module.Path]))
	}
	if m.Components, err = appendAssets(m.Components); err != nil {
		return nil, err
	}
	all := dependency{Ref: "market40"}
	for _, c := range m.Components {
		all.On = append(all.On, c.Ref)
	}
	m.Dependencies = []dependency{all}
	content, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	m.SerialNumber = "urn:uuid:" + uuid.NewSHA1(uuid.NameSpaceURL, content).String()
	return m, nil
}

func goComponent(path, version string, sum []byte, expression string) component {
	purl := "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
	c := component{Ref: purl, Type: "library", Name: path, Version: version, PURL: purl}
	if sum != nil {
		c.Hashes = []checksum{{"SHA-256", hex.EncodeToString(sum)}}
	}
	if expression != "" {
		c.Licences = []licence{{expression}}
	}
	return c
}

// appendAssets adds what is in the program besides Go: the packages in the apps, and the posters' fonts.
func appendAssets(all []component) ([]component, error) {
	packages, err := frontend.Packages()
	if err != nil {
		return nil, err
	}
	for _, p := range packages {
		purl := "pkg:npm/" + strings.ReplaceAll(p.Name, "@", "%40") + "@" + p.Version
		all = append(all, component{
			Ref: purl, Type: "library", Name: p.Name, Version: p.Version, PURL: purl,
			Hashes: []checksum{{"SHA-512", p.SHA512}}, Licences: []licence{{p.Licence}},
		})
	}
	fonts := posters.Fonts()
	for _, name := range slices.Sorted(maps.Keys(fonts)) {
		sum := sha256.Sum256(fonts[name])
		all = append(all, component{
			Ref: "font:" + name, Type: "file", Name: name,
			Hashes: []checksum{{"SHA-256", hex.EncodeToString(sum[:])}}, Licences: []licence{{"OFL-1.1"}},
		})
	}
	return all, nil
}

// licenceTable has the licence of every Go module in the program. TestLicences compares it with the
// modules' own files; UPDATE=1 writes it.
//
//go:embed licences.csv
var licenceTable string

func readLicences() (map[string]string, error) {
	rows, err := csv.NewReader(strings.NewReader(licenceTable)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read licences.csv: %w", err)
	}
	licences := make(map[string]string, len(rows))
	for _, row := range rows {
		licences[row[0]] = row[1]
	}
	return licences, nil
}
