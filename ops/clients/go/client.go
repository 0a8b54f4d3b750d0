// One call from Go: client ADDRESS NUMBER, with the token in TRIAGE_TOKEN. Prints the unit that got the file.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	pb "triage/gen/go/triage/v1"
)

// Debian's gRPC encodes with a protobuf that is older than the one the messages are generated for. With gRPC from 1.36 on, which
// encodes with that one itself, leave this out.
type codec struct{}

func (codec) Marshal(message interface{}) ([]byte, error) {
	return proto.Marshal(message.(proto.Message))
}

func (codec) Unmarshal(bytes []byte, message interface{}) error {
	return proto.Unmarshal(bytes, message.(proto.Message))
}

func (codec) Name() string { return "proto" }

func text(words string) *string { return &words }

func main() {
	address, number := os.Args[1], os.Args[2]
	connection, err := grpc.Dial(address, grpc.WithInsecure(), grpc.WithDefaultCallOptions(grpc.ForceCodec(codec{})))
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	call, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	call = metadata.AppendToOutgoingContext(call, "authorization", "Bearer "+os.Getenv("TRIAGE_TOKEN"))
	answer, err := pb.NewIntakeServiceClient(connection).Submit(call, &pb.SubmitRequest{
		RequestId: number,
		Submission: &pb.Submission{
			RegistrationNumber: number,
			Received:           &pb.Moment{Moment: &pb.Moment_Date{Date: "2026-06-01"}},
			Channel:            pb.ReceiptChannel_RECEIPT_CHANNEL_PLATFORM.Enum(),
			Respondent:         &pb.Respondent{Name: text("测试商店"), Premises: text("昆都仑区友谊大街街道1号")},
			Complaint:          &pb.Part{Text: "购买的商品有质量问题，要求退款。"},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Receipt.Decisions[0].Routing.Unit)
}
