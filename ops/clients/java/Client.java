import cn.triage.v1.IntakeServiceGrpc;
import cn.triage.v1.Moment;
import cn.triage.v1.Part;
import cn.triage.v1.ReceiptChannel;
import cn.triage.v1.Respondent;
import cn.triage.v1.Submission;
import cn.triage.v1.SubmitRequest;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.util.concurrent.TimeUnit;

/** One call from Java: Client ADDRESS NUMBER, with the token in TRIAGE_TOKEN. Prints the unit that got the file. */
class Client {
    public static void main(String[] arguments) throws Exception {
        String number = arguments[1];
        Metadata metadata = new Metadata();
        metadata.put(
                Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
                "Bearer " + System.getenv("TRIAGE_TOKEN"));
        Submission submission = Submission.newBuilder()
                .setRegistrationNumber(number)
                .setReceived(Moment.newBuilder().setDate("2026-06-01"))
                .setChannel(ReceiptChannel.RECEIPT_CHANNEL_PLATFORM)
                .setRespondent(Respondent.newBuilder().setName("测试商店").setPremises("昆都仑区友谊大街街道1号"))
                .setComplaint(Part.newBuilder().setText("购买的商品有质量问题，要求退款。"))
                .build();
        ManagedChannel channel = ManagedChannelBuilder.forTarget(arguments[0]).usePlaintext().build();
        try {
            var intake = IntakeServiceGrpc.newBlockingStub(channel)
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata))
                    .withDeadlineAfter(10, TimeUnit.SECONDS);
            var answer = intake.submit(
                    SubmitRequest.newBuilder().setRequestId(number).setSubmission(submission).build());
            System.out.println(answer.getReceipt().getDecisions(0).getRouting().getUnit());
        } finally {
            channel.shutdown().awaitTermination(5, TimeUnit.SECONDS);
        }
    }
}
