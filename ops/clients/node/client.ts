// One call from Node: node client.js ADDRESS NUMBER PROTO, with the token in TRIAGE_TOKEN. Prints the unit that got the file.
// Types come from proto-loader-gen-types; the messages themselves are read from the contract when the program starts.
import * as grpc from "@grpc/grpc-js";
import * as loader from "@grpc/proto-loader";
import type { ProtoGrpcType } from "./gen/intake_service";

const [address, number, proto] = process.argv.slice(2);
const contract = loader.loadSync("triage/v1/intake_service.proto", {
  includeDirs: [proto],
  keepCase: true,
  longs: String,
  enums: String,
  oneofs: true,
});
const { triage } = grpc.loadPackageDefinition(contract) as unknown as ProtoGrpcType;
const intake = new triage.v1.IntakeService(address, grpc.credentials.createInsecure());
const metadata = new grpc.Metadata();
metadata.set("authorization", `Bearer ${process.env.TRIAGE_TOKEN}`);

const submission = {
  registration_number: number,
  received: { date: "2026-06-01" },
  channel: "RECEIPT_CHANNEL_PLATFORM" as const,
  respondent: { name: "测试商店", premises: "昆都仑区友谊大街街道1号" },
  complaint: { text: "购买的商品有质量问题，要求退款。" },
};
const deadline = Date.now() + 10_000;
intake.Submit({ request_id: number, submission }, metadata, { deadline }, (error, answer) => {
  intake.close();
  if (error) throw error;
  console.log(answer?.receipt?.decisions?.[0].routing?.unit);
});
