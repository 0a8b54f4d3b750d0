//! `triage serve`: where it listens, and with which certificate.

use std::path::PathBuf;

use super::say;
use crate::app::{App, AppError, Listen, Serving};
use crate::grpc::TlsFiles;
use crate::lifecycle::Lifecycle;

pub(super) const HELP: &str = "\
没有证书时只供本机调用：监听环回地址，或者供代理使用的套接字文件。有证书时可供其他机器调用。证书文件更换后自动重新读取，不必重启；
证书到期前两周起，健康检查对服务名 triage.certificate 答复 NOT_SERVING。

--trial 试运行：照常登记、导入、评分、分送，可以查看和对比（triage compare），但不派件：领取、签收、决定、办理、改派、复议诉讼等一律以
ON_TRIAL 拒绝，逾时未签收也不转办；健康检查对服务名 triage.work 答复 NOT_SERVING。除本进程外不作任何记录。请用单独的数据目录试运行，
正式启用时另建数据目录、导入最新的导出文件：试运行积下的件一旦派件，都已逾时。

示例：
  triage serve
  triage serve --listen 0.0.0.0:50051 --tls-cert server.pem --tls-key server.key
  triage serve --listen 0.0.0.0:50051 --tls-cert server.pem --tls-key server.key --tls-client-ca ca.pem
  triage serve --trial --data 试运行
  triage serve --listen unix:/run/triage/triage.sock
  TRIAGE_DATABASE=postgres://triage@127.0.0.1/triage triage serve --listen 127.0.0.1:50052";

/// What serving is asked for.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[arg(help = "监听地址：地址:端口，或者 unix:/路径；供其他机器调用须有 --tls-cert。端口为 0 时自动选择")]
    #[arg(long, env = "TRIAGE_LISTEN", default_value = "127.0.0.1:50051", value_name = "ADDR")]
    listen: Listen,
    /// 服务证书，其后依次为中间证书（PEM）
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// 证书的私钥（PEM），只能由属主或者属组读取
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// 只接受持有这些机构所签证书的客户端（PEM）
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_client_ca: Option<PathBuf>,
    /// 试运行：登记、评分、分送，可以查看，不派件
    #[arg(long)]
    trial: bool,
}

/// Serves until a signal.
pub(super) async fn serve(app: App, arguments: Arguments, lifecycle: Lifecycle) -> Result<(), AppError> {
    let Arguments { listen, tls_cert, tls_key, tls_client_ca, trial } = arguments;
    let tls = tls_cert.zip(tls_key).map(|(certificate, key)| TlsFiles {
        certificate,
        key,
        client_authorities: tls_client_ca,
    });
    let reach = if tls.is_some() { "TLS" } else { "仅本机" };
    let on_trial = if trial { "，试运行：不派件" } else { "" };
    let announce = |listen: Listen| {
        // A closed standard output is no reason not to serve.
        let _ = say(&format!("triage 正在 {listen} 提供服务（gRPC，{reach}{on_trial}）"));
    };
    app.serve(Serving { listen, tls, is_trial: trial }, lifecycle, announce).await
}
